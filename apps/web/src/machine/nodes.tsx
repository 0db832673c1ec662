import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { memo } from 'react';
import { useFeed, useOfSnapshot, useQueue, useService } from './feed.js';
import type { QueueNow, Snapshot } from './snapshot.js';
import { exchangeOf, type Place } from './layout.js';
import { short } from './number.js';
import { useSelection } from './selection.js';
import { Sparkline } from './sparkline.js';
import { useWords } from './words.js';

export type PlaceNode = Node<{ place: Place }, 'service' | 'exchange'>;

/** A service with its queues, and the arrows that begin and end at it. */
export const ServiceNode = memo(({ data: { place } }: NodeProps<PlaceNode>) => {
  const position = place.side === 'left' ? Position.Right : Position.Left;
  return (
    <div className={`service ${place.side}`}>
      <div className="service-head">
        <ServiceHead name={place.id} />
        <Handle type="source" position={position} id="sent" isConnectable={false} />
      </div>
      {place.queues.map((queue) => (
        <div className="queue-row" key={queue}>
          <Handle type="target" position={position} id={queue} isConnectable={false} />
          <QueueButton name={queue} />
        </div>
      ))}
    </div>
  );
});
ServiceNode.displayName = 'ServiceNode';

const ServiceHead = ({ name }: { name: string }) => {
  const words = useWords();
  const { select } = useSelection();
  const running = (useService(name)?.processes ?? []).filter(({ gone }) => !gone);
  const cpu = running.reduce((sum, one) => sum + one.cpu, 0);
  return (
    <button type="button" className={running.length === 0 ? 'gone' : ''} onClick={() => select({ service: name })}>
      <span className={`lamp ${running.length === 0 ? 'bad' : 'good'}`} />
      <strong>{name}</strong>
      <small>
        {running.length === 0 ? words.goneShort : `${words.processes(running.length)} · ${Math.round(cpu * 100)} %`}
      </small>
    </button>
  );
};

const QueueButton = ({ name }: { name: string }) => {
  const words = useWords();
  const { select } = useSelection();
  const queue = useQueue(name);
  const { history } = useFeed();
  if (!queue) return null;
  return (
    <button type="button" onClick={() => select({ queue: name })} className={toneOf(queue)}>
      <span className="queue-name">{name.slice(name.indexOf('.') + 1)}</span>
      <Sparkline values={history.series.get(`waiting ${name}`)} />
      <span className="depth">{queue.ready === undefined ? '?' : short(queue.ready)}</span>
      <span className="unseen">{words.flow(short(queue.in), short(queue.out), queue.service)}</span>
      <Marks queue={queue} />
    </button>
  );
};

/** What is not as it should be. */
const Marks = ({ queue }: { queue: QueueNow }) => {
  const words = useWords();
  return (
    <span className="marks">
      {queue.consumers === 0 && <span title={words.noConsumer}>∅</span>}
      {queue.retries > 0 && <span title={`${words.retries} ${short(queue.retries)}`}>↻</span>}
      {(queue.deadLetters ?? 0) > 0 && (
        <span className="dead" title={`${words.dead}: ${queue.deadLetters}`}>
          †{short(queue.deadLetters!)}
        </span>
      )}
    </span>
  );
};

function toneOf({ paused, consumers, ready = 0 }: QueueNow): string {
  if (paused || consumers === 0) return 'stopped';
  return ready > 0 ? 'waits' : '';
}

/** `shop.events`, as the broker calls it. */
const nameOf = (exchange: string, { queues }: Snapshot): string =>
  queues.find((queue) => exchangeOf(queue.exchange) === exchange)?.exchange ?? exchange;

export const ExchangeNode = memo(({ data: { place } }: NodeProps<PlaceNode>) => {
  const words = useWords();
  const { direct, retry, dead } = words.exchanges;
  const names: Record<string, string> = { '': direct, retry, dead };
  const name = useOfSnapshot((snapshot) => nameOf(place.id, snapshot), place.id);
  return (
    <div className={`exchange ${place.id || 'direct'}`}>
      <strong>{names[place.id] ?? name}</strong>
      {place.id === '' && <small>{words.exchanges.directHint}</small>}
      {([Position.Left, Position.Right] as const).map((position) => (
        <span key={position}>
          <Handle type="target" position={position} id={`in ${position}`} isConnectable={false} />
          <Handle type="source" position={position} id={`out ${position}`} isConnectable={false} />
        </span>
      ))}
    </div>
  );
});
ExchangeNode.displayName = 'ExchangeNode';
