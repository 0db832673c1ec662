import {
  HaltParcels,
  OrderCancelled,
  OrderCancellationRefused,
  type CancelOrder,
  type Data,
  type Order as OrderView,
  type OrderReason,
  type ParcelsHalted,
  type PaymentRefunded,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { paidTooEarly, paidTooLate } from './order.js';
import { hasEnded, hasLeft, record, type Change, type TimelineEntry } from './order-steps.js';
import { answered, orderView } from './order.view.js';
import { disclosed } from './refusal.js';
import {
  isOrder,
  isRefused,
  type EarlyCancellation,
  type Order,
  type OrderRow,
  type PaidOrder,
  type RefusedOrder,
  type Row,
} from './tables.js';

/**
 * Cancels an order for its customer. Before the payment it is cancelled at once; after the payment logistics first
 * halts the parcels, all or none, and reports the outcome.
 * The cancellation of an order that does not exist (404) is stored: its caller may have received 202 instead of the
 * 404, so an order of the same user that arrives later is taken as cancelled. A refusal because parcels had left
 * (409) is recorded in the order's history, once.
 *
 * @throws ProblemError 404 the order belongs to another user; 409 the order was rejected
 */
export function cancel(
  row: Row | undefined,
  { orderId, userId }: Data<typeof CancelOrder>,
  now: Date,
): Change<OrderView, Row> {
  if (isOrder(row)) return cancelOrder(row, userId, now);
  if (isRefused(row)) return cancelRefused(row, userId);
  const early: EarlyCancellation = {
    id: orderId,
    userId,
    status: 'cancelled',
    reason: 'customer',
    placedAt: null,
    recordedAt: now,
    version: 1,
  };
  return { order: early, problem: notFound().problem };
}

/** A caller who cancels an order has its id, so the order was accepted with 202 and must be shown as rejected. */
function cancelRefused(row: RefusedOrder, userId: string): Change<OrderView> {
  if (row.userId !== userId) throw notFound();
  return { ...disclosed(row), problem: tooLate('The order was rejected.').problem };
}

function cancelOrder(order: Order, userId: string, now: Date): Change<OrderView> {
  if (order.userId !== userId) throw notFound();
  switch (order.status) {
    case 'cancelled':
      return { reply: orderView(order, now) };
    case 'pending':
    case 'awaiting_payment':
      return answered(cancelled(order, 'customer', now), now);
    case 'paid':
      if (!hasLeft(order) && !order.cancellationRefusedAt) return halting(order, now);
      return refusedTooLate(order, now);
    case 'shipped':
    case 'completed':
      return refusedTooLate(order, now);
    case 'rejected':
      throw tooLate('The order was rejected.');
  }
}

/** A caller who received 202 finds the refusal in the order's history. */
function refusedTooLate(order: PaidOrder, now: Date): Change<OrderView> {
  const { problem } = tooLate('At least one parcel has left its warehouse.');
  return { ...refuse(order, now), problem };
}

const notFound = (): ProblemError => ProblemError.of(404, 'Order not found');
const tooLate = (detail: string): ProblemError => ProblemError.of(409, 'Too late to cancel', detail);

/**
 * Logistics replies within seconds. An older request may be a dead letter, and halting twice has the effect of once.
 */
export const RESEND_HALT_AFTER_MS = 60_000;

/** Requests logistics to halt the parcels: logistics has the record of what has left, and decides. */
function halting(order: PaidOrder, now: Date): Change<OrderView> {
  const { cancellationRequestedAt: requestedAt } = order;
  if (requestedAt && !isUnanswered(order, now)) return { reply: orderView(order, now) };
  return answered(requestHalt(order, requestedAt ? [] : [REQUESTED], now), now);
}

/** Used by the sweep: sends the request to halt again when the last one has no reply. */
export const resendHalt = (order: Order, now: Date): Change =>
  order.status === 'paid' && isUnanswered(order, now) ? requestHalt(order, [], now) : {};

/** After a restore: the last request to halt, or its reply, is lost with the broker. */
export const repeatHalt = (order: Order, now: Date): Change =>
  order.status === 'paid' && order.cancellationRequestedAt ? requestHalt(order, [], now) : {};

const REQUESTED: TimelineEntry = { type: 'order.cancellation_requested', detail: {} };

const isUnanswered = ({ cancellationRequestedAt: requestedAt }: PaidOrder, now: Date): boolean =>
  requestedAt !== null && now.getTime() - requestedAt.getTime() >= RESEND_HALT_AFTER_MS;

function requestHalt(order: PaidOrder, entries: TimelineEntry[], now: Date): Change {
  const { id: orderId, userId, address, allocation } = order;
  const { messages, ...change } = record({ ...order, cancellationRequestedAt: now }, entries, now);
  return { ...change, messages: [...messages, HaltParcels({ orderId, userId, allocation, address })] };
}

/** On `parcels.halted`: no parcel has left, and none will. May arrive before the facts about the parcels. */
export function parcelsHalted(order: Order, { parcels }: Data<typeof ParcelsHalted>, now: Date): Change {
  if (hasEnded(order) || hasLeft(order)) return {};
  return cancelled({ ...order, parcels: parcels.map((parcel) => ({ ...parcel, status: 'halted' })) }, 'customer', now);
}

/** On `parcels.left`: a parcel had left, so it is too late to cancel, and the order continues. */
export function parcelsLeft(order: Order, now: Date): Change {
  return order.cancellationRequestedAt && !hasEnded(order) ? refuse(order, now) : {};
}

/** Refuses the cancellation for good, since a parcel that has left does not come back. Recorded and published once. */
function refuse(order: PaidOrder, now: Date): Change {
  if (order.cancellationRefusedAt) return {};
  const refused = { ...order, cancellationRequestedAt: null, cancellationRefusedAt: now };
  const message: TimelineEntry['message'] = (about) => OrderCancellationRefused(about);
  return record(refused, [{ type: OrderCancellationRefused.type, detail: {}, message }], now);
}

/**
 * On `payment.refunded`. If it overtakes `payment.captured`, both are recorded. Only cancelled orders get their money
 * back: one that continues was restored to a time before its cancellation, and is cancelled again.
 */
export function refunded(order: Order, { paymentId, amount }: Data<typeof PaymentRefunded>, now: Date): Change {
  if (!hasEnded(order)) return cancelAgain(order, now);
  if (order.refundedAt) return {};
  const refund: TimelineEntry = { type: 'payment.refunded', detail: { amount } };
  if (order.paymentId) return record({ ...order, refundedAt: now }, [refund], now);
  return record({ ...order, paymentId, paidAt: now, refundedAt: now }, [paidTooLate(amount), refund], now);
}

/** Cancels an order whose cancellation is not known any more, as far as it is not too late for that. */
function cancelAgain(order: Order, now: Date): Change {
  if (order.status === 'pending' || order.status === 'awaiting_payment') return cancelled(order, 'customer', now);
  if (order.status !== 'paid' || hasLeft(order) || order.cancellationRefusedAt) return {};
  return requestHalt(order, order.cancellationRequestedAt ? [] : [REQUESTED], now);
}

/**
 * Ends the order. Every service releases what it holds for it, even if its fact has not arrived here: so all lines
 * are named.
 */
export const cancelled = (order: OrderRow, reason: OrderReason, now: Date, entries: TimelineEntry[] = []): Change =>
  record({ ...order, reason }, [...entries, cancellation(order, reason), ...paidTooEarly(order)], now);

/** Names all that other services may hold for the order. */
export const cancellation = ({ lines, allocation, coupon }: OrderRow, reason: OrderReason): TimelineEntry => ({
  type: OrderCancelled.type,
  detail: { reason },
  status: 'cancelled',
  message: (about) =>
    OrderCancelled({ ...about, lines, allocation: allocation ?? [], reason, ...(coupon !== null && { coupon }) }),
});
