import type { OrderMoney, OrderState, ProviderState } from '../database-state.js';
import { finding, type Finding } from '../finding.js';
import type { ProviderRecord, ProviderRecords } from '../long/providers.js';

const ENDED: ReadonlySet<string> = new Set(['completed', 'cancelled', 'rejected']);

export interface Restored {
  orders: readonly OrderState[];
  money: readonly OrderMoney[];
  captures: ProviderState['captures'];
}

/** What a restore must not do: charge or pay an order twice, forget one, send a text or a parcel twice. */
export const judgeRestore = (records: ProviderRecords, restored: Restored): Finding[] => [
  ...unended(restored),
  ...paidTwice(restored),
  ...charges(records, restored),
  ...textsTwice(records),
  ...parcelsTwice(records),
];

const unended = ({ orders }: Restored): Finding[] =>
  orders
    .filter(({ status }) => !ENDED.has(status))
    .map(({ id, status }) => finding('lost', `order ${id} has not come to an end: it is ${status}`));

const paidTwice = ({ money }: Restored): Finding[] =>
  money
    .filter(({ taken }) => taken > 1)
    .map(({ orderId, taken }) => finding('doubled', `order ${orderId}: paid ${taken} times`));

/** What a card was charged and not given back is the payment of an order. */
function charges({ captures, refunds }: ProviderRecords, { captures: stored }: Restored): Finding[] {
  const givenBack = new Set(refunds.map(({ body }) => (JSON.parse(body) as { capture: string }).capture));
  const payments = new Map(stored.filter(({ status }) => status === 'captured').map((row) => [row.reference, row]));
  const kept = captures.filter(({ id }) => !givenBack.has(id));
  return [
    ...kept
      .filter(({ id }) => !payments.has(id))
      .map(({ key }) => finding('lost', `the card was charged under ${key}, and it is the payment of no order`)),
    ...[...repeated(kept.map(({ key }) => key.split(':')[0] ?? key))].map((orderId) =>
      finding('doubled', `order ${orderId}: its card was charged twice`),
    ),
    ...[...payments.values()]
      .filter(({ reference }) => !kept.some(({ id }) => id === reference))
      .map(({ id }) => finding('lost', `capture ${id} is kept as paid, and the card gateway has not got the money`)),
  ];
}

/** Under two keys: to the provider these are two texts. Codes are different each time. */
const textsTwice = ({ messages }: ProviderRecords): Finding[] =>
  [...repeated(messages.map(({ body }) => body))].map((body) =>
    finding('doubled', `a person was sent this twice: ${body}`),
  );

/** Two bookings of the same goods to the same order: the ids of parcels follow from order and warehouse. */
function parcelsTwice({ shipments }: ProviderRecords): Finding[] {
  return shipments.flatMap(({ key, others }: ProviderRecord) =>
    others.length > 0 ? [finding('doubled', `parcel ${key} was booked with other contents`)] : [],
  );
}

function repeated(values: readonly string[]): Set<string> {
  const seen = new Set<string>();
  return new Set(values.filter((value) => seen.size === seen.add(value).size));
}
