import { ClosePayable, ExpirePayment } from '@sluice/contracts';
import { isDue } from '@sluice/service-kit';
import { cancelled } from './cancellation.js';
import { hasEnded, isFree, applyFacts, type Change } from './order-steps.js';
import type { Order } from './tables.js';

/**
 * The ends of windows and the time of a rule are of one clock, the database's. Only the timer runs by another, the broker's:
 * NTP corrects a clock by at most 500 ppm (adjtimex), 0.9 s in the usual window. A timer of a payment window that is so early
 * waits once more; one that is earlier than this does nothing, and the sweep ends the window.
 */
const TIMER_EARLY_MS = 1_000;

/** Payments answers within milliseconds. `payments.close` is repeated after this, then whenever the wait has doubled. Milliseconds. */
export const RESEND_CLOSE_AFTER_MS = 3_000;
/**
 * How long an order waits for the outcome: longer than the first retries of a call to the card gateway (71 s). After that it is
 * cancelled, its stock goes back, and money that is captured later is refunded. Milliseconds.
 */
export const VERDICT_WITHIN_MS = 300_000;

const isOver = (end: Date, now: Date): boolean => now.getTime() >= end.getTime() - TIMER_EARLY_MS;

/**
 * At the end of the payment window, by timer or sweep. Payments alone decides whether the order was paid in time, so this only
 * requests that it closes the payable; `payable.voided` then cancels the order (`lapsed`). A payment that was accepted in time
 * may still be running, which delays that for a bounded time.
 */
export function expire(order: Order, now: Date): Change {
  if (hasEnded(order) || order.paidAt || !order.payBy) return {};
  const lateMs = now.getTime() - order.payBy.getTime();
  if (lateMs < 0)
    return lateMs < -TIMER_EARLY_MS
      ? {}
      : { messages: [ExpirePayment({ orderId: order.id }, { delayMs: TIMER_EARLY_MS })] };
  // It waits only since before an order that costs nothing was paid at once.
  if (isFree(order)) return applyFacts(order, {}, now);
  if (lateMs >= VERDICT_WITHIN_MS) return cancelled(order, 'payment_timeout', now);
  if (
    order.closeRequestedAt &&
    !isDue({ since: order.payBy, askedAt: order.closeRequestedAt }, RESEND_CLOSE_AFTER_MS, now)
  )
    return {};
  return { order: { ...order, closeRequestedAt: now }, messages: [ClosePayable({ orderId: order.id })] };
}

/** On `payable.voided`: the order was not paid in time. Orders that were cancelled before cause that fact as well, and stay as they are. */
export const lapsed = (order: Order, now: Date): Change =>
  hasEnded(order) || order.paidAt || !order.payBy ? {} : cancelled(order, 'payment_timeout', now);

/** An order that could not be made ready for its payment in all this time is cancelled: its customer need not wait for ever. */
export function rejectOverdue(order: Order, deadlineSeconds: number, now: Date): Change {
  const end = new Date(order.placedAt.getTime() + deadlineSeconds * 1_000);
  if (order.status !== 'pending' || !isOver(end, now)) return {};
  return cancelled(order, 'processing_timeout', now);
}
