import type { Data, GetPayable, RefuseCard } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type { CardFailures, Decision, Keys, State } from './tables.js';

/**
 * Limits of failed cards per window: many for an attacker who tries numbers, few for a customer who mistypes or lacks
 * money.
 */
export interface CardLimits {
  CARD_FAILURES_PER_ORDER: number;
  CARD_FAILURES_PER_USER: number;
  CARD_FAILURES_WINDOW_SECONDS: number;
}

/** An order and its user. */
type About = Data<typeof GetPayable>;

/** Stored failures per user: the highest configurable limit, so that more are never needed. */
export const MAX_FAILURES = 100;

/** Adds a failure to those of the user. No data of the card is kept. */
export function failed({ failures }: State, { orderId, userId }: About, now: Date): CardFailures {
  const before = failures[userId];
  const latest = [...(before?.failures ?? []), { orderId, at: now.toISOString() }].slice(-MAX_FAILURES);
  return { userId, failures: latest, version: (before?.version ?? 0) + 1 };
}

/**
 * Checks the limits before another card is tried for an open payable. A request that has its capture already tries no
 * card.
 * @throws ProblemError 429 with `retryAfter` (s): too many cards have failed for this order, or for all of the user's
 */
export function expectFewFailures(state: State, about: About, requestId: string, limits: CardLimits, now: Date): void {
  const { status, userId } = state.payables[about.orderId] ?? {};
  if (status !== 'open' || userId !== about.userId || state.captures[requestId]) return;
  const wait = waitSeconds(state, about, limits, now);
  if (wait > 0) throw tooMany(limits, wait);
}

export const failureKeys = ({ userId }: About): Keys => ({ failures: [userId] });

/**
 * Counts a card number that the card vault does not contain. The caller receives this 422 only after it is counted,
 * and not at all beyond the limit: an attacker who tries many numbers at once gets no more replies than are counted.
 */
export function refuseCard(state: State, about: Data<typeof RefuseCard>, limits: CardLimits, now: Date): Decision {
  const wait = waitSeconds(state, about, limits, now);
  if (wait > 0) return { problem: tooMany(limits, wait).problem };
  const { problem } = ProblemError.of(422, 'Unknown card', 'The card gateway does not know this number.');
  return { state: { failures: { [about.userId]: failed(state, about, now) } }, problem };
}

/** Seconds until there are fewer failures than both limits allow; 0: fewer now. */
function waitSeconds({ failures }: State, { orderId, userId }: About, limits: CardLimits, now: Date): number {
  const windowMs = limits.CARD_FAILURES_WINDOW_SECONDS * 1_000;
  const ofUser = (failures[userId]?.failures ?? []).map(({ orderId: of, at }) => ({
    of,
    endsAt: Date.parse(at) + windowMs,
  }));
  const open = ofUser.filter(({ endsAt }) => endsAt > now.getTime()).sort((one, other) => one.endsAt - other.endsAt);
  const ofOrder = open.filter(({ of }) => of === orderId);
  const until = Math.max(
    fewerAt(open, limits.CARD_FAILURES_PER_USER),
    fewerAt(ofOrder, limits.CARD_FAILURES_PER_ORDER),
  );
  return Math.max(0, Math.ceil((until - now.getTime()) / 1_000));
}

/** When fewer than `most` of them are left; 0: fewer now. */
const fewerAt = (failures: { endsAt: number }[], most: number): number => failures.at(-most)?.endsAt ?? 0;

function tooMany(limits: CardLimits, retryAfter: number): ProblemError {
  const {
    CARD_FAILURES_PER_ORDER: perOrder,
    CARD_FAILURES_PER_USER: perUser,
    CARD_FAILURES_WINDOW_SECONDS: seconds,
  } = limits;
  const bounds = `In ${seconds} seconds ${perOrder} cards may fail for an order, and ${perUser} for an account`;
  return ProblemError.of(429, 'Too many failed cards', `${bounds}. Try again in ${retryAfter} seconds.`, {
    retryAfter,
  });
}
