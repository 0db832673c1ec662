import {
  OrderAwaitingPayment,
  OrderCancellationRefused,
  OrderCancelled,
  OrderCompleted,
  OrderPaid,
  OrderPaidTooLate,
  OrderPlaced,
  OrderPriced,
  OrderRejected,
  OrderShipped,
  type Data,
  type Money,
  type Outgoing,
} from '@sluice/contracts';
import { cancellation } from './cancellation.js';
import { rejection } from './order.js';
import { hasEnded, pricedFact, type About, type Change } from './order-steps.js';
import { placedFact } from './placing.js';
import type { HistoryEntry, Order } from './tables.js';

/** An entry of the history as it was read; `at` is RFC 3339. */
export type PastEntry = Pick<HistoryEntry, 'version' | 'type' | 'detail'> & { at: string };

type Detail = { total: Money; amount: Money; payBy: string; couponReason?: Data<typeof OrderRejected>['couponReason'] };
type Fact = (order: Order, about: About, detail: Detail, at: string) => Outgoing[];

const published = (entry: { message?: (about: About) => Outgoing }, about: About): Outgoing[] =>
  entry.message ? [entry.message(about)] : [];

/** Facts that the end of an order makes obsolete: whoever holds something for it releases that by its end alone. */
const BEGINNING: Readonly<Record<string, Fact>> = {
  [OrderPlaced.type]: (order, about, _, at) => [placedFact(order, new Date(at), about)],
  [OrderPriced.type]: (order, about, { total }) => (order.pricedAtOnce ? [] : [pricedFact(order, total, about)]),
};

const LASTING: Readonly<Record<string, Fact>> = {
  [OrderAwaitingPayment.type]: (_, about, { total, payBy }) => [OrderAwaitingPayment({ ...about, total, payBy })],
  [OrderPaid.type]: ({ lines, allocation, address }, about, { total }) => [
    OrderPaid({ lines, allocation: allocation ?? [], total, address, ...about }),
  ],
  [OrderShipped.type]: (_, about) => [OrderShipped(about)],
  [OrderCompleted.type]: ({ total: amount, currency }, about) => [
    OrderCompleted({ total: { amount, currency }, ...about }),
  ],
  [OrderRejected.type]: (order, about, { couponReason }) =>
    order.reason === null
      ? []
      : published(rejection(order, { reason: order.reason, detail: {}, ...(couponReason && { couponReason }) }), about),
  [OrderCancelled.type]: (order, about) =>
    order.reason === null ? [] : published(cancellation(order, order.reason), about),
  [OrderPaidTooLate.type]: (_, about, { amount }) => [OrderPaidTooLate({ ...about, amount })],
  [OrderCancellationRefused.type]: (_, about) => [OrderCancellationRefused(about)],
};

/**
 * The order's facts again, with their versions, for those who may have missed them. Listeners that have handled a fact
 * reply again, or do nothing.
 */
export function announceOrder(order: Order, history: readonly PastEntry[]): Change {
  const facts = hasEnded(order) ? LASTING : { ...BEGINNING, ...LASTING };
  const { id: orderId, userId, flashSaleId } = order;
  const messages = history.flatMap(({ version, type, detail, at }) => {
    const about = { orderId, userId, version, ...(flashSaleId !== null && { flashSaleId }) };
    return facts[type]?.(order, about, detail as unknown as Detail, at) ?? [];
  });
  return { messages };
}
