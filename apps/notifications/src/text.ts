import { EmailDelivery, type Outgoing } from '@sluice/contracts';
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
  return {
    state: { texts: { [id]: { ...text, askedAt: now, version: text.version + 1 } } },
    messages: [deliveryOf(text)],
  };
}

const deliveryOf = (text: Text): Outgoing =>
  text.phone === null
    ? EmailDelivery({ ...contentOf(text), subject: text.subject, address: text.email })
    : smsOf({ ...contentOf(text), phone: text.phone });

const contentOf = ({ id, userId, about, text }: Text) => ({ id, userId, about, text });

const isOver = ({ createdAt, askedAt }: Text, { overdueMs, horizonMs }: ResendPolicy, now: Date): boolean =>
  now.getTime() - createdAt.getTime() >= horizonMs && now.getTime() - askedAt.getTime() >= overdueMs;

const expiredDelivery = (text: Text): Unsent => ({
  ...contentOf(text),
  channel: text.phone === null ? 'email' : 'sms',
  status: 'expired',
  reason: 'no outcome before the horizon, though it was sent again',
  providerReference: null,
  createdAt: text.createdAt,
  sentAt: null,
  version: 1,
});
