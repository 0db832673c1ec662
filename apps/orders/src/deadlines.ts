import { ClosePayable, ExpirePayment } from '@sluice/contracts';
import { isDue } from '@sluice/service-kit';
import { cancelled } from './cancellation.js';
import { hasEnded, isFree, learn, type Change } from './order-steps.js';
import type { Order } from './tables.js';

/**
 * The ends of windows and the time of a rule are of one clock, the database's. Only the timer runs by another, the broker's:
 * NTP corrects a clock by at most 500 ppm (adjtimex), 0.9 s in the usual window. A timer of a payment window that is so early
 * waits once more; one that is earlier than this does nothing, and the sweep ends the window.
 */
const TIMER_EARLY_MS = 1_000;

/** Payments answers in ms. Asked again after this long, and then whenever the wait has doubled. Milliseconds. */
export const CLOSE_AGAIN_MS = 3_000;
/**
 * For how long an order waits to hear whether it was paid in time: longer than calls of the card gateway are tried again in a
 * row. Then it gives its stock back; what is captured later goes back, too. Milliseconds.
 */
export const VERDICT_WITHIN_MS = 300_000;

const isOver = (end: Date, now: Date): boolean => now.getTime() >= end.getTime() - TIMER_EARLY_MS;

/**
 * The payment window is over, says its timer or the sweep. Whether the order was paid in time payments decides, so it is asked
 * to close the payable, and the order is cancelled when it says that it did (`lapsed`). A payment that was asked for in time may
 * still be going on: the order waits for it, but not for ever.
 */
export function expire(order: Order, now: Date): Change {
  if (hasEnded(order) || order.paidAt || !order.payBy) return {};
  const lateMs = now.getTime() - order.payBy.getTime();
  if (lateMs < 0) return lateMs < -TIMER_EARLY_MS ? {} : { messages: [ExpirePayment({ orderId: order.id }, { delayMs: TIMER_EARLY_MS })] };
  // It waits only since before an order that costs nothing was paid at once.
  if (isFree(order)) return learn(order, {}, now);
  if (lateMs >= VERDICT_WITHIN_MS) return cancelled(order, 'payment_timeout', now);
  if (order.closeAskedAt && !isDue({ since: order.payBy, askedAt: order.closeAskedAt }, CLOSE_AGAIN_MS, now)) return {};
  return { order: { ...order, closeAskedAt: now }, messages: [ClosePayable({ orderId: order.id })] };
}

/** Payments has closed the payable of an order that nobody has cancelled: it was not paid in time, and gives back what it holds. */
export const lapsed = (order: Order, now: Date): Change =>
  hasEnded(order) || order.paymentId || !order.payBy ? {} : cancelled(order, 'payment_timeout', now);

/** An order that could not be made ready for its payment in all this time is cancelled: its customer need not wait for ever. */
export function giveUp(order: Order, deadlineSeconds: number, now: Date): Change {
  const end = new Date(order.placedAt.getTime() + deadlineSeconds * 1_000);
  if (order.status !== 'pending' || !isOver(end, now)) return {};
  return cancelled(order, 'processing_timeout', now);
}
