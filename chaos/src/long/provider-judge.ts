import type { ProviderState } from '../database-state.js';
import { finding, type Finding } from '../finding.js';
import type { ProviderRecord, ProviderRecords } from './providers.js';

/** Compares what providers have done with what is stored: each capture, refund and text once. @returns what differs */
export const judgeProviders = (records: ProviderRecords, state: ProviderState): Finding[] => [
  ...Object.entries(records).flatMap(([resource, ofResource]) => judgeKeys(resource, ofResource)),
  ...judgeCaptures(records, state),
  ...judgeRefunds(records, state),
  ...judgeTexts(records, state),
];

/** One key, one request: another body under it is another request, which the provider takes for the first. */
const judgeKeys = (resource: string, records: readonly ProviderRecord[]): Finding[] =>
  records
    .filter(({ others }) => others.length > 0)
    .map(({ key }) => finding('doubled', `${resource}: key ${key} came with different bodies`));

const isTaken = (status: string | undefined): boolean => status === 'captured' || status === 'refunded';

function judgeCaptures({ captures }: ProviderRecords, { captures: stored }: ProviderState): Finding[] {
  const rows = new Map(stored.map((row) => [row.id, row]));
  const charged = new Set(captures.map(({ key }) => key));
  const orderIds = captures.flatMap(({ key }) => rows.get(key)?.orderId ?? []);
  return [
    ...captures
      .map(({ key }) => ({ key, status: rows.get(key)?.status }))
      .filter(({ status }) => !isTaken(status))
      .map(({ key, status = 'nothing' }) =>
        finding('lost', `card charged for capture ${key}, which payments has as ${status}`),
      ),
    ...stored
      .filter(({ id, status }) => isTaken(status) && !charged.has(id))
      .map(({ id, status }) => finding('lost', `capture ${id} is ${status}, and no card was charged`)),
    ...repeated(orderIds).map(([orderId, count]) =>
      finding('doubled', `order ${orderId}: its card was charged ${count} times`),
    ),
  ];
}

function judgeRefunds({ refunds }: ProviderRecords, { captures: stored }: ProviderState): Finding[] {
  const references = refunds.map(({ body }) => (JSON.parse(body) as { capture: string }).capture);
  const refunded = new Set(references);
  const rows = new Map(stored.map((row) => [row.reference, row]));
  return [
    ...repeated(references).map(([reference, count]) =>
      finding('doubled', `${reference} was given back ${count} times`),
    ),
    ...[...refunded]
      .map((reference) => ({ reference, status: rows.get(reference)?.status }))
      .filter(({ status }) => status !== 'refunded')
      .map(({ reference, status = 'nothing' }) =>
        finding('lost', `${reference} was given back, and payments has it as ${status}`),
      ),
    ...stored
      .filter(({ status, reference }) => status === 'refunded' && !refunded.has(reference ?? ''))
      .map(({ id }) => finding('lost', `capture ${id} is refunded, and nothing was given back`)),
  ];
}

/** The text names the order and what became of it, so no customer may receive the same one twice. */
function judgeTexts({ messages }: ProviderRecords, { texts }: ProviderState): Finding[] {
  const sent = new Set(messages.map(({ key }) => key));
  const bodies = new Set<string>();
  const twice = messages.filter(({ body }) => bodies.size === bodies.add(body).size);
  return [
    ...twice.map(({ body }) => finding('doubled', `a person was sent this twice: ${body}`)),
    ...texts
      .filter(({ id }) => !sent.has(id))
      .map(({ id }) => finding('lost', `text ${id} is kept as sent, and the provider has not got it`)),
  ];
}

/** What is there more than once, with how often. */
function repeated(values: readonly string[]): [value: string, count: number][] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > 1);
}
