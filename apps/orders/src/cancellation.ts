import {
  HaltParcels,
  OrderCancelled,
  OrderCancellationRefused,
  type CancelOrder,
  type Data,
  type Order as OrderView,
  type OrderReason,
  type ParcelsHalted,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { hasEnded, hasLeft, record, type Change, type TimelineEntry } from './order-steps.js';
import { answered, orderView } from './order.view.js';
import { disclosed } from './refusal.js';
import { isOrder, isRefused, type EarlyCancellation, type Order, type RefusedOrder, type Row } from './tables.js';

/**
 * The customer does not want the order any more. Before the payment that is free; after it the parcels are halted first, all
 * or none, and logistics tells which. The cancellation of an order that is not there (404) is stored: its caller may have got
 * 202 instead of the 404, so an order of theirs that comes later is taken as cancelled. So is a refusal because parcels had
 * left (409), in the order's history, once.
 *
 * @throws ProblemError 404 somebody else's; 409 it was rejected
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

/** Who cancels it knows its id, so a 202 has told it. */
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

/** Who was answered 202 finds the refusal in the order's history. */
function refusedTooLate(order: Order, now: Date): Change<OrderView> {
  const { problem } = tooLate('At least one parcel has left its warehouse.');
  return { ...refuse(order, now), problem };
}

const notFound = (): ProblemError => ProblemError.of(404, 'Order not found');
const tooLate = (detail: string): ProblemError => ProblemError.of(409, 'Too late to cancel', detail);

/** A request to halt is answered in seconds. One that is this old may be a dead letter; halting twice is halting once. */
export const RESEND_HALT_AFTER_MS = 60_000;

/** Logistics knows what has left, and decides. */
function halting(order: Order, now: Date): Change<OrderView> {
  const { cancellationRequestedAt: asked } = order;
  if (asked && !isUnanswered(order, now)) return { reply: orderView(order, now) };
  return answered(requestHalt(order, asked ? [] : [{ type: 'order.cancellation_requested', detail: {} }], now), now);
}

/** The sweep asks again: nobody has answered the last request to halt. */
export const resendHalt = (order: Order, now: Date): Change =>
  isUnanswered(order, now) ? requestHalt(order, [], now) : {};

const isUnanswered = ({ status, cancellationRequestedAt: asked }: Order, now: Date): boolean =>
  status === 'paid' && asked !== null && now.getTime() - asked.getTime() >= RESEND_HALT_AFTER_MS;

function requestHalt(order: Order, entries: TimelineEntry[], now: Date): Change {
  const { id: orderId, userId, address, allocation } = order;
  const { messages, ...change } = record({ ...order, cancellationRequestedAt: now }, entries, now);
  return { ...change, messages: [...messages!, HaltParcels({ orderId, userId, allocation: allocation!, address })] };
}

/** None of the parcels has left, and none will. It may be known before the parcels are. */
export function parcelsHalted(order: Order, { parcels }: Data<typeof ParcelsHalted>, now: Date): Change {
  if (hasEnded(order) || hasLeft(order)) return {};
  return cancelled({ ...order, parcels: parcels.map((parcel) => ({ ...parcel, status: 'halted' })) }, 'customer', now);
}

/** A parcel had left: it is too late, and the order goes on. */
export function parcelsLeft(order: Order, now: Date): Change {
  return order.cancellationRequestedAt && !hasEnded(order) ? refuse(order, now) : {};
}

/** What the customer asked for is refused for good: what has left does not come back. It is recorded and told once. */
function refuse(order: Order, now: Date): Change {
  if (order.cancellationRefusedAt) return {};
  const refused = { ...order, cancellationRequestedAt: null, cancellationRefusedAt: now };
  const message: TimelineEntry['message'] = (about) => OrderCancellationRefused(about);
  return record(refused, [{ type: OrderCancellationRefused.type, detail: {}, message }], now);
}

/** Ends the order. Whoever holds something for it gives it back: also what orders has not heard of, so all lines are named. */
export const cancelled = (order: Order, reason: OrderReason, now: Date, entries: TimelineEntry[] = []): Change =>
  record({ ...order, reason }, [...entries, cancellation(order, reason)], now);

const cancellation = ({ lines, allocation, coupon }: Order, reason: OrderReason): TimelineEntry => ({
  type: OrderCancelled.type,
  detail: { reason },
  status: 'cancelled',
  message: (about) =>
    OrderCancelled({ ...about, lines, allocation: allocation ?? [], reason, ...(coupon !== null && { coupon }) }),
});
