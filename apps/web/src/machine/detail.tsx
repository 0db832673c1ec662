import { useMemo } from 'react';
import { Link } from 'react-router';
import { useQueue, useService } from './feed.js';
import type { ServiceNow } from './snapshot.js';
import { megabytes, short, span } from './number.js';
import { Plot, type Line } from './plot.js';
import { useSelection } from './selection.js';
import { Figure } from './summary.js';
import { Switches } from './switches.js';
import { useWords } from './words.js';

/** What was selected in the picture, closely. */
export const Detail = () => {
  const { selected } = useSelection();
  if (selected.queue !== undefined) return <QueueDetail name={selected.queue} />;
  return selected.service === undefined ? null : <ServiceDetail name={selected.service} />;
};

const Heading = ({ name }: { name: string }) => {
  const words = useWords();
  const { select } = useSelection();
  return (
    <header>
      <h2>{name}</h2>
      <button type="button" className="link" onClick={() => select({})}>
        {words.close}
      </button>
    </header>
  );
};

const QueueDetail = ({ name }: { name: string }) => {
  const words = useWords();
  const queue = useQueue(name);
  const lines = useMemo(
    (): Line[] => [
      { series: `waiting ${name}`, label: words.plots.waiting, color: '--accent' },
      { series: `in ${name}`, label: words.plots.in, color: '--good' },
      { series: `out ${name}`, label: words.plots.out, color: '--warn' },
    ],
    [name, words],
  );
  if (!queue) return null;
  return (
    <section className="detail card" aria-label={name}>
      <Heading name={name} />
      <dl className="figures">
        <Figure name={words.ready} value={queue.ready === undefined ? '?' : short(queue.ready)} />
        <Figure name={words.unacknowledged} value={short(queue.unacknowledged)} />
        <Figure name={words.held} value={short(queue.held)} />
        <Figure name={words.consumers} value={queue.consumers === undefined ? '?' : String(queue.consumers)} />
        <Figure name={words.arriving} value={short(queue.in)} />
        <Figure name={words.leaving} value={short(queue.out)} />
        <Figure name={words.retries} value={short(queue.retries)} />
        <Figure name={words.p50} value={queue.p50Ms === undefined ? '–' : short(queue.p50Ms)} />
        <Figure name={words.p99} value={queue.p99Ms === undefined ? '–' : short(queue.p99Ms)} />
      </dl>
      <Plot title={words.lastMinutes} lines={lines} />
      {(queue.deadLetters ?? 0) > 0 && <Link to="/machine/letters">{words.lettersIn(queue.deadLetters!, name)}</Link>}
    </section>
  );
};

const ServiceDetail = ({ name }: { name: string }) => {
  const words = useWords();
  const service = useService(name);
  if (!service) return null;
  return (
    <section className="detail card" aria-label={name}>
      <Heading name={name} />
      <ServiceFigures service={service} />
      <Switches service={name} />
      <ul className="processes">
        {service.processes.map(({ instance, gone, uptimeSeconds, cpu, memoryBytes, version }) => (
          <li key={instance} className={gone ? 'gone' : ''}>
            <span className={`lamp ${gone ? 'bad' : 'good'}`} />
            <code>{instance.slice(0, 8)}</code>{' '}
            {gone
              ? words.goneShort
              : `${words.version} ${version} · ${words.uptime} ${span(uptimeSeconds)} · ${Math.round(cpu * 100)} % ${words.cpu} · ${megabytes(memoryBytes)}`}
          </li>
        ))}
      </ul>
    </section>
  );
};

const ServiceFigures = ({ service: { commits, outbox, requests } }: { service: ServiceNow }) => {
  const words = useWords();
  return (
    <dl className="figures">
      {commits && <Figure name={words.commits} value={short(commits.perSecond)} />}
      {commits && <Figure name={words.batch} value={short(commits.messagesEach)} />}
      {commits && <Figure name={words.commitMs} value={short(commits.msEach)} />}
      {outbox && <Figure name={words.outbox} value={short(outbox.rows)} />}
      {requests.p50Ms !== undefined && <Figure name={words.p50} value={short(requests.p50Ms)} />}
      {requests.p99Ms !== undefined && <Figure name={words.p99} value={short(requests.p99Ms)} />}
    </dl>
  );
};
