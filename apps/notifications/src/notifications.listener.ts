import { Controller } from '@nestjs/common';
import {
  AccountRegistered,
  AccountVerified,
  CodeIssued,
  EmailDelivery,
  InboxDelivery,
  ListNotifications,
  type Message,
  OrderAwaitingPayment,
  OrderCancellationRefused,
  OrderCancelled,
  OrderCompleted,
  OrderPaid,
  OrderPaidTooLate,
  OrderRejected,
  OrderShipped,
  PaymentRefunded,
  SmsDelivery,
} from '@sluice/contracts';
import { On } from '@sluice/messaging';
import { DeliverySender } from './delivery-sender.js';
import { Inbox } from './inbox.js';
import { NotificationsRepository } from './notifications.repository.js';

/** Concurrent calls to a provider: enough for its delay, few enough not to overload a slow one. */
const CONCURRENT_CALLS = 32;

@Controller()
export class NotificationsListener {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly sender: DeliverySender,
    private readonly inbox: Inbox,
  ) {}

  @On(AccountRegistered)
  accountRegistered(message: Message<typeof AccountRegistered>) {
    return this.notifications.welcome(message);
  }

  @On(CodeIssued)
  codeIssued(message: Message<typeof CodeIssued>) {
    return this.notifications.sendCode(message);
  }

  @On(AccountVerified)
  accountVerified(message: Message<typeof AccountVerified>) {
    return this.notifications.verify(message);
  }

  @On(OrderAwaitingPayment)
  orderAwaitingPayment(message: Message<typeof OrderAwaitingPayment>) {
    return this.notifications.notify(message);
  }

  @On(OrderPaid)
  orderPaid(message: Message<typeof OrderPaid>) {
    return this.notifications.notify(message);
  }

  @On(OrderShipped)
  orderShipped(message: Message<typeof OrderShipped>) {
    return this.notifications.notify(message);
  }

  @On(OrderCompleted)
  orderCompleted(message: Message<typeof OrderCompleted>) {
    return this.notifications.notify(message);
  }

  @On(OrderRejected)
  orderRejected(message: Message<typeof OrderRejected>) {
    return this.notifications.notify(message);
  }

  @On(OrderCancelled)
  orderCancelled(message: Message<typeof OrderCancelled>) {
    return this.notifications.notify(message);
  }

  @On(OrderCancellationRefused)
  orderCancellationRefused(message: Message<typeof OrderCancellationRefused>) {
    return this.notifications.notify(message);
  }

  @On(OrderPaidTooLate)
  orderPaidTooLate(message: Message<typeof OrderPaidTooLate>) {
    return this.notifications.notify(message);
  }

  @On(PaymentRefunded)
  paymentRefunded(message: Message<typeof PaymentRefunded>) {
    return this.notifications.notify(message);
  }

  @On(SmsDelivery, { prefetch: CONCURRENT_CALLS, outside: true })
  smsDelivery(message: Message<typeof SmsDelivery>) {
    return this.sender.bySms(message);
  }

  @On(EmailDelivery, { prefetch: CONCURRENT_CALLS, outside: true })
  emailDelivery(message: Message<typeof EmailDelivery>) {
    return this.sender.byEmail(message);
  }

  @On(InboxDelivery)
  inboxDelivery(message: Message<typeof InboxDelivery>) {
    return this.sender.toInbox(message);
  }

  @On(ListNotifications)
  listNotifications({ data }: Message<typeof ListNotifications>) {
    return this.inbox.page(data);
  }
}
