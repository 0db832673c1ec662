import type { Channel, Data, Message, SmsDelivery, EmailDelivery, InboxDelivery } from '@sluice/contracts';
import type { Outcome } from './provider.js';
import type { Decision, Keys, Sent, State, Unsent } from './tables.js';

export type DeliveryMessage =
  Message<typeof SmsDelivery> | Message<typeof EmailDelivery> | Message<typeof InboxDelivery>;

/** The message was handled after its expiry, and no provider was called. */
export interface Late {
  status: 'expired';
  reason: string;
}

export type Ending = Outcome | Late;

export const deliveryKeys = ({ id }: { id: string }): Keys => ({ deliveries: [id] });

/** @param until RFC 3339 */
export const isExpired = (until: string, now: Date): boolean => now.getTime() >= Date.parse(until);

type Recorded = Data<typeof InboxDelivery> & { recorded?: string | undefined };

/** Records the outcome of a delivery once. An expired one is recorded again when it is sent later after all. */
export function record(state: State, message: DeliveryMessage, channel: Channel, outcome: Ending, now: Date): Decision {
  const { id, userId, about, text: sent, recorded }: Recorded = message.data;
  const text = recorded ?? sent;
  const before = state.deliveries[id];
  if (before && before.status !== 'expired') return {};
  const content = {
    id,
    userId,
    channel,
    about,
    text,
    createdAt: before?.createdAt ?? new Date(message.time),
    version: (before?.version ?? 0) + 1,
  };
  return { state: { deliveries: { [id]: { ...content, ...resultOf(outcome, now) } } } };
}

type Result = 'status' | 'providerReference' | 'sentAt' | 'reason';

function resultOf(outcome: Ending, now: Date): Pick<Sent, Result> | Pick<Unsent, Result> {
  const isUnsent = outcome.status === 'refused' || outcome.status === 'expired';
  if (isUnsent) return { ...outcome, providerReference: null, sentAt: null };
  return { providerReference: null, ...outcome, sentAt: now, reason: null };
}
