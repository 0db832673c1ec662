import { useTranslation } from 'react-i18next';
import { attentionOf } from './attention.js';
import { useFeed } from './feed.js';
import type { Snapshot } from './snapshot.js';
import { short } from './number.js';
import { useWords } from './words.js';

/** How the system is, in one line. */
export const Summary = () => {
  const words = useWords();
  const { snapshot, isLive, problem } = useFeed();
  if (problem) return <Refused why={problem.message} />;
  if (!snapshot) return null;
  const attention = attentionOf(snapshot, words);
  const isWell = attention.length === 0 && isLive;
  return (
    <div className="summary card">
      <p className={`verdict ${isWell ? 'good' : 'bad'}`} role="status">
        <span className={`lamp ${isWell ? 'good' : 'bad'}`} />
        {isLive ? (isWell ? words.well : words.attention(attention.length)) : words.lost}
      </p>
      <Figures snapshot={snapshot} />
      {attention.length > 0 && (
        <ul className="attention">
          {attention.slice(0, 6).map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </div>
  );
};

const Refused = ({ why }: { why: string }) => {
  const { t } = useTranslation();
  return (
    <p className="card fault" role="alert">
      {t('common.failed', { why })}
    </p>
  );
};

const Figures = ({ snapshot: { orders, queues, services } }: { snapshot: Snapshot }) => {
  const words = useWords();
  const waiting = queues.reduce((sum, { ready = 0, unacknowledged }) => sum + ready + unacknowledged, 0);
  const rows = services.reduce((sum, { outbox }) => sum + (outbox?.rows ?? 0), 0);
  return (
    <dl className="figures">
      <Figure name={`${words.ordersPlaced} ${words.perSecond}`} value={short(orders.placedPerSecond)} />
      <Figure name={`${words.ordersCompleted} ${words.perSecond}`} value={short(orders.completedPerSecond)} />
      <Figure name={words.inQueues} value={short(waiting)} />
      <Figure name={words.inOutboxes} value={short(rows)} />
    </dl>
  );
};

export const Figure = ({ name, value }: { name: string; value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
);
