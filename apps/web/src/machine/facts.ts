import type { components } from '../generated/api.js';

export type Facts = components['schemas']['Facts'];
export type Fact = Facts['facts'][number];

/** Lines that are kept on the page. */
const KEPT = 100;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The address of the wanted facts. @param subject a correlation id, or `order:` and the id of an order */
export function addressOf(pattern: string, subject: string): string {
  const [kind, id] = subject.startsWith('order:') ? ['orderId', subject.slice(6)] : ['correlationId', subject];
  const query = new URLSearchParams({ ...(pattern && { pattern }), ...(id && { [kind!]: id }) });
  return `/ops/facts?${query.toString()}`;
}

/** What a press on a line follows: its order, or the request that caused it. */
export const subjectOf = ({ data, correlationId }: Fact): string => {
  const orderId = (data as { orderId?: unknown } | undefined)?.orderId;
  return typeof orderId === 'string' ? `order:${orderId}` : correlationId;
};

/** Order ids are UUIDs of version 8; requests have ids of other versions. */
export const asSubject = (id: string): string => (UUID.test(id) && id[14] === '8' ? `order:${id}` : id);

/** The id that a person reads and types. */
export const idOf = (subject: string): string => subject.replace(/^order:/, '');

/** The plain values of a fact, without ids. */
export const summaryOf = (data: unknown): string =>
  Object.entries((data ?? {}) as Record<string, unknown>)
    .filter(([name, value]) => !/(^id|Id)$/.test(name) && ['string', 'number', 'boolean'].includes(typeof value))
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(' · ');

/** After a reconnect the last facts come again. */
export function withMore(before: Facts, more: Facts): Facts {
  const known = new Set(before.facts.map(({ id }) => id));
  const fresh = more.facts.filter(({ id }) => !known.has(id)).reverse();
  return { facts: [...fresh, ...before.facts].slice(0, KEPT), skipped: before.skipped + more.skipped };
}
