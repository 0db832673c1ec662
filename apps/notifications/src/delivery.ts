import type { Channel, Data, Message, SmsDelivery, EmailDelivery, InboxDelivery } from '@sluice/contracts';
import type { Decision, State } from './tables.js';

export type DeliveryMessage = Message<typeof SmsDelivery> | Message<typeof EmailDelivery> | Message<typeof InboxDelivery>;

/** Records once that somebody was told; `providerReference` is the provider's own name for it, when one was involved. */
export function record(state: State, message: DeliveryMessage, channel: Channel, providerReference: string | undefined, now: Date): Decision {
  const { id, userId, about, text }: Data<typeof InboxDelivery> = message.data;
  if (state.deliveries[id]) return {};
  const outcome = providerReference === undefined ? { status: 'kept' as const, providerReference: null } : { status: 'sent' as const, providerReference };
  return { state: { deliveries: { [id]: { id, userId, channel, about, text, ...outcome, createdAt: new Date(message.time), sentAt: now, version: 1 } } } };
}
