import type { Message } from '@sluice/contracts';
import { countDoubtful } from './metrics.js';

/** What the clocks of two databases, or a database's and the gateway's copy of it, may differ by without a word. Milliseconds. */
const ALLOWANCE_MS = 1_000;
/**
 * Whoever can write a message can make its instant earlier, and would gain that much. Longer than an outage lasts, and as long
 * as the same request may be repeated under its idempotency key. Milliseconds.
 */
const LONGEST_AGO_MS = 24 * 3_600_000;

/**
 * By which instant a deadline is judged: the one at which the person acted, wherever the message has waited since. Without
 * `acceptedAt` it is `now`. Nothing is judged by an instant that lies ahead of the judge's own clock, or more than a day behind it;
 * a message that names one is counted.
 *
 * @param acceptedAt RFC 3339; default: what the message's envelope says
 * @param now by the clock of the judge's database
 */
export function judgedAt(message: Pick<Message, 'type' | 'acceptedAt'>, now: Date, acceptedAt = message.acceptedAt): Date {
  if (acceptedAt === undefined) return now;
  const [latest, earliest, claimed] = [now.getTime(), now.getTime() - LONGEST_AGO_MS, Date.parse(acceptedAt)];
  if (claimed > latest + ALLOWANCE_MS || claimed < earliest) countDoubtful(message.type);
  return new Date(Math.min(latest, Math.max(earliest, claimed)));
}
