import type { Message } from '@sluice/contracts/kit';
import { countImplausibleTime } from './metrics.js';

/**
 * Normal difference between the clocks of two databases, not counted as implausible (docs/operations.md).
 * Milliseconds.
 */
const ALLOWANCE_MS = 1_000;
/**
 * Limits the effect of a forged header. Longer than outages last, and as long as a request may be repeated under its
 * idempotency key. Milliseconds.
 */
const MAX_AGE_MS = 24 * 3_600_000;

/**
 * The instant to compare a deadline with: the time at which the request was accepted, however long its message has
 * waited; `now` if that is unknown. Limited to the 24 hours before `now`; times outside that are counted.
 *
 * @param acceptedAt RFC 3339; default: that of the message's envelope
 * @param now by the clock of the database of the deciding service
 */
export function decisionTime(
  message: Pick<Message, 'type' | 'acceptedAt'>,
  now: Date,
  acceptedAt = message.acceptedAt,
): Date {
  if (acceptedAt === undefined) return now;
  const [latest, earliest, claimed] = [now.getTime(), now.getTime() - MAX_AGE_MS, Date.parse(acceptedAt)];
  if (claimed > latest + ALLOWANCE_MS || claimed < earliest) countImplausibleTime(message.type);
  return new Date(Math.min(latest, Math.max(earliest, claimed)));
}
