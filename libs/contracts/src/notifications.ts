import { z } from 'zod';
import { command, type Contract, delivery, event, query } from './kit/message.js';
import { Id, Instant, page, PageRequest } from './kit/values.js';
import {
  OrderAwaitingPayment,
  OrderCancellationRefused,
  OrderCancelled,
  OrderCompleted,
  OrderPaid,
  OrderPaidTooLate,
  OrderRejected,
  OrderShipped,
} from './orders.js';
import { PaymentRefunded } from './payments.js';
import { Sku } from './values.js';

export const CHANNELS = ['sms', 'email', 'inbox'] as const;
export const Channel = z.enum(CHANNELS);
export type Channel = z.infer<typeof Channel>;

export const Notification = z.object({ id: Id, at: Instant, text: z.string(), about: z.string() });

/** Common fields of a delivery to one person. `id` stays the same on a resend and is the provider's idempotency key. */
const parts = z.object({ id: Id, userId: Id, about: z.string(), text: z.string() });
/** `recorded`: stored in place of the text when the text contains a secret. `until`: after this time it is not sent. */
const secret = { recorded: z.string().optional(), until: Instant.optional() };
export const SmsDelivery = delivery('sms', parts.extend({ phone: z.string(), ...secret }));
export const EmailDelivery = delivery('email', parts.extend({ address: z.string(), subject: z.string().optional() }));
/**
 * Not sent any more: notifications records an inbox entry in the commit in which it handles the fact (docs/decisions/0036).
 * Contract, queue and handler stay for one version: for messages that rest in the queue during an upgrade, and for
 * processes of the version before, which still send them.
 */
export const InboxDelivery = delivery('inbox', parts, {
  about: 'Sent by the version before only. An entry of an inbox is recorded with the fact that it tells.',
});

export const ListNotifications = query('notifications.inbox', PageRequest.extend({ userId: Id }), page(Notification));
/** An entry with its place in the inbox of its person, from 1. */
export const NumberedNotification = Notification.extend({ sequence: z.int().positive() });
export const GetInboxEntries = query(
  'notifications.entries',
  z.object({ userId: Id, after: z.int().min(0).optional(), limit: z.int().min(1).max(100) }),
  z.object({ items: z.array(NumberedNotification), last: z.int() }),
  {
    about:
      'The entries of an inbox after that one, in order; without `after` the newest ones. `last` is the number of the ' +
      'newest entry, 0 when there is none.',
  },
);

export const FindFilledInboxes = query(
  'notifications.filled',
  z.object({ inboxes: z.array(z.object({ userId: Id, after: z.int().min(0) })).max(1_000) }),
  z.object({ filled: z.array(z.object({ userId: Id, last: z.int() })) }),
  { about: 'Those of many inboxes that have an entry after that one.' },
);

/**
 * Facts about one person that put an entry into their inbox when notifications handles them. Whoever shows an inbox
 * live looks for the entry then: a message for each entry would double what an order costs here.
 */
export const IN_INBOX: readonly Contract[] = [
  OrderAwaitingPayment,
  OrderPaid,
  OrderShipped,
  OrderCompleted,
  OrderRejected,
  OrderCancelled,
  OrderCancellationRefused,
  OrderPaidTooLate,
  PaymentRefunded,
];
export const InboxFilled = event('inbox.filled', z.object({ userIds: z.array(Id) }), {
  optional: true,
  about: 'These people have an entry that no fact about one person has told, such as a product that is back.',
});

const watch = z.object({ userId: Id, sku: Sku });
export const WatchProduct = command('notifications.watch', watch, {
  about:
    'The user is told each time the product is back after there was none, until the watch ends. Twice is once. ' +
    'Problems: 409 too many watches of this user.',
});
export const UnwatchProduct = command('notifications.unwatch', watch, {
  about: 'Ends the watch, if there is one. Of two requests about a product, the one that was accepted later counts.',
});
export const AlertWatchers = command(
  'notifications.alert',
  z.object({ sku: Sku, name: z.string(), version: z.int(), after: Id }),
  {
    about:
      'Tells the watchers whose ids come after this one that the product is back. For a product with many watchers: ' +
      'each commit tells some, and asks for the next in a message.',
  },
);
