import { ClosePayable, ExpirePayment } from '@sluice/contracts';
import { isDue } from '@sluice/service-kit';
import { cancelled } from './cancellation.js';
import { hasEnded, isFree, applyFacts, type Change } from './order-steps.js';
import type { Order } from './tables.js';

/**
 * Tolerance for the broker's clock, in ms. Windows and rules use the database's clock, but the timer runs by the
 * broker's. NTP corrects a clock by at most 500 ppm (adjtimex): 0.9 s in the usual window. A timer that is early by
 * less than this waits once more; an earlier one does nothing, and the sweep ends the window.
 */
const TIMER_EARLY_MS = 1_000;

/**
 * Payments replies within milliseconds. `payments.close` is sent again after this time, then after twice that, and so
 * on. Milliseconds.
 */
export const RESEND_CLOSE_AFTER_MS = 3_000;
/**
 * Time that an order waits for the outcome: longer than the first retries of a call to the card gateway (71 s). After
 * it the order is cancelled and its stock released; money captured later is refunded. Milliseconds.
 */
export const VERDICT_WITHIN_MS = 300_000;

const isOver = (end: Date, now: Date): boolean => now.getTime() >= end.getTime() - TIMER_EARLY_MS;

/**
 * At the end of the payment window, by timer or sweep. Payments alone decides whether the order was paid in time, so
 * this only requests that payments closes the payable; `payable.voided` then cancels the order (`lapsed`). A payment
 * accepted in time may still be running, which delays the end for a bounded time.
 */
export function expire(order: Order, now: Date): Change {
  if (order.status !== 'awaiting_payment') return {};
  const lateMs = now.getTime() - order.payBy.getTime();
  if (lateMs < 0)
    return lateMs < -TIMER_EARLY_MS
      ? {}
      : { messages: [ExpirePayment({ orderId: order.id }, { delayMs: TIMER_EARLY_MS })] };
  // Only for a free order stored before free orders were paid at once.
  if (isFree(order)) return applyFacts(order, {}, now);
  if (lateMs >= VERDICT_WITHIN_MS) return cancelled(order, 'payment_timeout', now);
  if (
    order.closeRequestedAt &&
    !isDue({ since: order.payBy, askedAt: order.closeRequestedAt }, RESEND_CLOSE_AFTER_MS, now)
  )
    return {};
  return { order: { ...order, closeRequestedAt: now }, messages: [ClosePayable({ orderId: order.id })] };
}

/**
 * On `payable.voided`: the order was not paid in time. Orders cancelled before cause the same fact and stay
 * unchanged.
 */
export const lapsed = (order: Order, now: Date): Change =>
  hasEnded(order) || order.paidAt || !order.payBy ? {} : cancelled(order, 'payment_timeout', now);

/** Cancels an order that could not be paid before the deadline, so that its customer does not wait for ever. */
export function rejectOverdue(order: Order, deadlineSeconds: number, now: Date): Change {
  const end = new Date(order.placedAt.getTime() + deadlineSeconds * 1_000);
  if (order.status !== 'pending' || !isOver(end, now)) return {};
  return cancelled(order, 'processing_timeout', now);
}
