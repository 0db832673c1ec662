import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Dictionary } from '../i18n/en.js';
import { money, time, type Money } from '../i18n/format.js';
import type { OrderEvent } from './order.js';
import { useTimeline } from './use-order.js';

/** What has happened to an order, the newest first. */
export const OrderTimeline = ({ id }: { id: string }) => {
  const { t } = useTranslation();
  const events = useTimeline(id);
  return (
    <section className="card timeline">
      <h2>{t('order.timeline')}</h2>
      <ol>
        {events?.toReversed().map((event) => (
          <li key={`${event.at} ${event.type} ${String(event.detail['parcelId'])}`}>
            <span>{textOf(t, event)}</span>
            <time dateTime={event.at}>{time(event.at)}</time>
          </li>
        ))}
      </ol>
    </section>
  );
};

/** An event that a newer API has and this page has no words for is shown by its name. */
function textOf(t: TFunction, { type, detail }: OrderEvent): string {
  const values = Object.fromEntries(Object.entries(detail).map(([name, value]) => [name, wordsOf(value)]));
  const name = type.replace('.', '_') as keyof Dictionary['event'];
  return t(`event.${name}`, { ...values, defaultValue: type });
}

const wordsOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.join(', ');
  return isMoney(value) ? money(value) : String(value);
};

const isMoney = (value: unknown): value is Money =>
  typeof value === 'object' && value !== null && 'amount' in value && 'currency' in value;
