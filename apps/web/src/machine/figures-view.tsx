import { useMemo } from 'react';
import { Lights } from './lights.js';
import { useFeed } from './feed.js';
import type { QueueNow } from './snapshot.js';
import { short } from './number.js';
import { Plot, type Line } from './plot.js';
import { useWords, type Words } from './words.js';

const plotsOf = ({ plots }: Words): { title: string; lines: Line[] }[] => [
  {
    title: plots.orders,
    lines: [
      { series: 'placed', label: plots.placed, color: '--accent' },
      { series: 'completed', label: plots.completed, color: '--good' },
    ],
  },
  {
    title: plots.latency,
    lines: [
      { series: 'p50', label: plots.median, color: '--accent' },
      { series: 'p99', label: plots.slow, color: '--warn' },
    ],
  },
  { title: plots.commits, lines: [{ series: 'commits', label: '', color: '--accent' }] },
  { title: plots.batch, lines: [{ series: 'batch', label: '', color: '--accent' }] },
  { title: plots.outbox, lines: [{ series: 'outbox', label: '', color: '--accent' }] },
  { title: plots.outboxSeconds, lines: [{ series: 'outbox seconds', label: '', color: '--warn' }] },
];

/** The system in figures: plots, lights, and what the picture shows as a table. */
export const FiguresView = () => {
  const words = useWords();
  const plots = useMemo(() => plotsOf(words), [words]);
  return (
    <>
      <div className="plots">
        {plots.map(({ title, lines }) => (
          <Plot key={title} title={title} lines={lines} />
        ))}
      </div>
      <Lights />
      <QueueTable />
      <Types />
    </>
  );
};

const QueueTable = () => {
  const words = useWords();
  const { snapshot } = useFeed();
  const columns = [
    ...[words.ready, words.unacknowledged, words.held, words.consumers, words.arriving, words.leaving],
    ...[words.handled, words.retries, words.p50, words.p99, words.dead],
  ];
  return (
    <div className="card table" tabIndex={0} role="region" aria-label={words.queue}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.queue}</th>
            {columns.map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {snapshot?.queues.map((queue) => (
            <QueueRow key={queue.queue} queue={queue} />
          ))}
        </tbody>
      </table>
    </div>
  );
};

const QueueRow = ({ queue }: { queue: QueueNow }) => {
  const numbers = [
    ...[queue.ready, queue.unacknowledged, queue.held, queue.consumers, queue.in, queue.out],
    ...[queue.handled, queue.retries, queue.p50Ms, queue.p99Ms, queue.deadLetters],
  ];
  return (
    <tr>
      <th scope="row">{queue.queue}</th>
      {numbers.map((number, index) => (
        <td key={index} className={number ? '' : 'nothing'}>
          {number === undefined ? '–' : short(number)}
        </td>
      ))}
    </tr>
  );
};

const Types = () => {
  const words = useWords();
  const { snapshot } = useFeed();
  const types = snapshot?.types ?? [];
  return (
    <section className="card">
      <h2>{words.types}</h2>
      {types.length === 0 && <p className="hint">{words.noTypes}</p>}
      <ul className="types">
        {types.map(({ type, perSecond }) => (
          <li key={type}>
            <code>{type}</code> <b>{short(perSecond)}</b>
          </li>
        ))}
      </ul>
    </section>
  );
};
