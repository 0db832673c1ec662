import { cancelled } from './cancellation.js';
import { hasEnded, isFree, learn, type Change } from './order-steps.js';
import type { Order } from './tables.js';

/**
 * The ends of windows and the time of a rule are of one clock, the database's. Only the timer runs by another, the broker's:
 * NTP corrects a clock by at most 500 ppm (adjtimex), 0.9 s in the usual window. A timer that is earlier than this does
 * nothing, and the sweep ends the window.
 */
const TIMER_EARLY_MS = 1_000;

const isOver = (end: Date, now: Date): boolean => now.getTime() >= end.getTime() - TIMER_EARLY_MS;

/**
 * The payment window is over, says its timer or the sweep: an order that is still unpaid is cancelled, and gives back what it
 * holds. One whose window is not over by the database's clock stays, and the sweep comes back.
 */
export function expire(order: Order, now: Date): Change {
  if (hasEnded(order) || order.paidAt || !order.payBy || !isOver(order.payBy, now)) return {};
  // It waits only since before an order that costs nothing was paid at once.
  return isFree(order) ? learn(order, {}, now) : cancelled(order, 'payment_timeout', now);
}

/** An order that could not be made ready for its payment in all this time is cancelled: its customer need not wait for ever. */
export function giveUp(order: Order, deadlineSeconds: number, now: Date): Change {
  const end = new Date(order.placedAt.getTime() + deadlineSeconds * 1_000);
  if (order.status !== 'pending' || !isOver(end, now)) return {};
  return cancelled(order, 'processing_timeout', now);
}
