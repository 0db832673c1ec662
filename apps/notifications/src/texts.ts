import { isDue } from '@sluice/service-kit';
import { smsOf } from './composition.js';
import type { Decision, State, Text, Unsent } from './tables.js';

/** How long somebody waits for a text, in ms. */
export interface Patience {
  /** Without an outcome and without a try, until it is asked for again. */
  overdueMs: number;
  /** Until it is given up. */
  horizonMs: number;
}

/**
 * Asks once more for a text of which nothing was heard for too long. After the horizon it is given up: it says what was so a day
 * ago, and what keeps failing is a dead letter, which whoever looks at it may still send.
 */
export function resend(state: State, id: string, patience: Patience, now: Date): Decision {
  const text = state.texts[id];
  if (!text || state.deliveries[id]) return {};
  if (isOver(text, patience, now)) return { state: { deliveries: { [id]: givenUp(text) } } };
  if (!isDue({ since: text.createdAt, askedAt: text.askedAt }, patience.overdueMs, now)) return {};
  return { state: { texts: { [id]: { ...text, askedAt: now, version: text.version + 1 } } }, messages: [smsOf(text)] };
}

const isOver = ({ createdAt, askedAt }: Text, { overdueMs, horizonMs }: Patience, now: Date): boolean =>
  now.getTime() - createdAt.getTime() >= horizonMs && now.getTime() - askedAt.getTime() >= overdueMs;

const givenUp = ({ id, userId, about, text, createdAt }: Text): Unsent => {
  const reason = 'it has no outcome, though it was asked for again';
  return {
    id,
    userId,
    about,
    text,
    channel: 'sms',
    status: 'expired',
    reason,
    providerReference: null,
    createdAt,
    sentAt: null,
    version: 1,
  };
};
