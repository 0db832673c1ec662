import { z } from 'zod';
import { delivery, query } from './kit/message.js';
import { Id, Instant, page, PageRequest } from './kit/values.js';

export const CHANNELS = ['sms', 'email', 'inbox'] as const;
export const Channel = z.enum(CHANNELS);
export type Channel = z.infer<typeof Channel>;

export const Notification = z.object({ id: Id, at: Instant, text: z.string(), about: z.string() });

/** Common fields of a delivery to one person. `id` stays the same on a resend and is the provider's idempotency key. */
const parts = z.object({ id: Id, userId: Id, about: z.string(), text: z.string() });
/** `recorded`: stored in place of the text when the text contains a secret. `until`: after this time it is not sent. */
const secret = { recorded: z.string().optional(), until: Instant.optional() };
export const SmsDelivery = delivery('sms', parts.extend({ phone: z.string(), ...secret }));
export const EmailDelivery = delivery('email', parts.extend({ address: z.string() }));
/**
 * Not sent any more: notifications records an inbox entry in the commit in which it handles the fact (docs/decisions/0036).
 * Contract, queue and handler stay for one version: for messages that rest in the queue during an upgrade, and for
 * processes of the version before, which still send them.
 */
export const InboxDelivery = delivery('inbox', parts, {
  about: 'Sent by the version before only. An entry of an inbox is recorded with the fact that it tells.',
});

export const ListNotifications = query('notifications.inbox', PageRequest.extend({ userId: Id }), page(Notification));
