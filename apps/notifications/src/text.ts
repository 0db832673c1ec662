import { isDue } from '@sluice/service-kit';
import { smsOf } from './composition.js';
import { isAddressed, type Decision, type State, type Text, type Unsent } from './tables.js';

/** Times after which a text is sent again or expires, in ms. */
export interface ResendPolicy {
  /** Without an outcome and without a try, until it is sent again. */
  overdueMs: number;
  /** Until it expires. */
  horizonMs: number;
}

/**
 * Sends a text again that has had no outcome for too long. After the horizon it expires, because its content is a day
 * old; a text that keeps failing is a dead letter, which an operator may still send.
 */
export function resend(state: State, id: string, policy: ResendPolicy, now: Date): Decision {
  const text = state.texts[id];
  if (!text || !isAddressed(text) || state.deliveries[id]) return {};
  if (isOver(text, policy, now)) return { state: { deliveries: { [id]: expiredDelivery(text) } } };
  if (!isDue({ since: text.createdAt, askedAt: text.askedAt }, policy.overdueMs, now)) return {};
  return { state: { texts: { [id]: { ...text, askedAt: now, version: text.version + 1 } } }, messages: [smsOf(text)] };
}

const isOver = ({ createdAt, askedAt }: Text, { overdueMs, horizonMs }: ResendPolicy, now: Date): boolean =>
  now.getTime() - createdAt.getTime() >= horizonMs && now.getTime() - askedAt.getTime() >= overdueMs;

const expiredDelivery = ({ id, userId, about, text, createdAt }: Text): Unsent => {
  const reason = 'no outcome before the horizon, though it was sent again';
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
