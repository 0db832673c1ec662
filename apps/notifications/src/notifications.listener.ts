import { Controller, Inject } from '@nestjs/common';
import {
  AccountRegistered,
  AccountVerified,
  AlertWatchers,
  CodeIssued,
  EmailDelivery,
  FindFilledInboxes,
  GetInboxEntries,
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
  ProductRestocked,
  ProfileChanged,
  SmsDelivery,
  UnwatchProduct,
  WatchProduct,
} from '@sluice/contracts';
import { decisionTime, On } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { noticeKeys, notify, sendCode, verify, welcome } from './composition.js';
import { limitsOf, type NotificationsConfig } from './config.js';
import { deliveryKeys, record } from './delivery.js';
import { DeliveryQueries } from './delivery.queries.js';
import type { OrderFact } from './notice.js';
import { NotificationRepository } from './notification.repository.js';
import { ProviderCalls } from './provider.calls.js';
import { learnProfile } from './recipient.js';
import type { Decision, State } from './tables.js';
import type { TextLimits } from './text-limit.js';
import { WaitingTexts } from './waiting-texts.sweep.js';
import { alert, alertKeys, FIRST, unwatch, watch, watchKeys, type Restocked } from './watch.js';
import { WatchQueries } from './watch.queries.js';

/** Concurrent calls to a provider: enough for its delay, few enough not to overload a slow one. */
const CONCURRENT_CALLS = 32;

@Controller()
export class NotificationsListener {
  readonly #limits: TextLimits;

  constructor(
    private readonly notifications: NotificationRepository,
    private readonly providers: ProviderCalls,
    private readonly deliveries: DeliveryQueries,
    private readonly waiting: WaitingTexts,
    private readonly watches: WatchQueries,
    @Inject(CONFIG) config: NotificationsConfig,
  ) {
    this.#limits = limitsOf(config);
  }

  @On(AccountRegistered)
  async accountRegistered(message: Message<typeof AccountRegistered>) {
    const { userId, phone } = message.data;
    await this.notifications.change(message, { recipients: [userId], numbers: [phone] }, (state, now) =>
      welcome(state, message, this.#limits, now),
    );
    await this.waiting.release(message, userId);
  }

  @On(CodeIssued)
  codeIssued(message: Message<typeof CodeIssued>) {
    const { userId, phone } = message.data;
    return this.notifications.change(message, { recipients: [userId], numbers: [phone] }, (state, now) =>
      sendCode(state, message, this.#limits, now),
    );
  }

  @On(AccountVerified)
  async accountVerified(message: Message<typeof AccountVerified>) {
    const { userId } = message.data;
    await this.notifications.change(message, { recipients: [userId] }, (state, now) => verify(state, message, now));
    await this.waiting.release(message, userId);
  }

  @On(ProfileChanged)
  profileChanged(message: Message<typeof ProfileChanged>) {
    return this.notifications.change(message, { recipients: [message.data.userId] }, (state) =>
      learnProfile(state, message),
    );
  }

  @On(WatchProduct)
  watchProduct(message: Message<typeof WatchProduct>) {
    return this.notifications.change(message, watchKeys(message.data), (state, now) =>
      watch(state, message.data, decisionTime(message, now)),
    );
  }

  @On(UnwatchProduct)
  unwatchProduct(message: Message<typeof UnwatchProduct>) {
    return this.notifications.change(message, watchKeys(message.data), (state, now) =>
      unwatch(state, message.data, decisionTime(message, now)),
    );
  }

  @On(ProductRestocked)
  productRestocked(message: Message<typeof ProductRestocked>) {
    return this.#alert(message, message.data, FIRST);
  }

  @On(AlertWatchers)
  alertWatchers(message: Message<typeof AlertWatchers>) {
    return this.#alert(message, message.data, message.data.after);
  }

  @On(OrderAwaitingPayment)
  orderAwaitingPayment(message: Message<typeof OrderAwaitingPayment>) {
    return this.#notify(message);
  }

  @On(OrderPaid)
  orderPaid(message: Message<typeof OrderPaid>) {
    return this.#notify(message);
  }

  @On(OrderShipped)
  orderShipped(message: Message<typeof OrderShipped>) {
    return this.#notify(message);
  }

  @On(OrderCompleted)
  orderCompleted(message: Message<typeof OrderCompleted>) {
    return this.#notify(message);
  }

  @On(OrderRejected)
  orderRejected(message: Message<typeof OrderRejected>) {
    return this.#notify(message);
  }

  @On(OrderCancelled)
  orderCancelled(message: Message<typeof OrderCancelled>) {
    return this.#notify(message);
  }

  @On(OrderCancellationRefused)
  orderCancellationRefused(message: Message<typeof OrderCancellationRefused>) {
    return this.#notify(message);
  }

  @On(OrderPaidTooLate)
  orderPaidTooLate(message: Message<typeof OrderPaidTooLate>) {
    return this.#notify(message);
  }

  @On(PaymentRefunded)
  paymentRefunded(message: Message<typeof PaymentRefunded>) {
    return this.#notify(message);
  }

  @On(SmsDelivery, { prefetch: CONCURRENT_CALLS, outside: true })
  smsDelivery(message: Message<typeof SmsDelivery>) {
    return this.providers.sendSms(message);
  }

  @On(EmailDelivery, { prefetch: CONCURRENT_CALLS, outside: true })
  emailDelivery(message: Message<typeof EmailDelivery>) {
    return this.providers.sendEmail(message);
  }

  /** Sent by the version before this one, which sent inbox entries to itself: kept for messages that still rest. */
  @On(InboxDelivery)
  inboxDelivery(message: Message<typeof InboxDelivery>) {
    return this.notifications.change(message, deliveryKeys(message.data), (state, now) =>
      record(state, message, 'inbox', { status: 'kept' }, now),
    );
  }

  @On(ListNotifications)
  listNotifications({ data }: Message<typeof ListNotifications>) {
    return this.deliveries.page(data);
  }

  @On(FindFilledInboxes)
  findFilledInboxes({ data }: Message<typeof FindFilledInboxes>) {
    return this.deliveries.filled(data);
  }

  @On(GetInboxEntries)
  inboxEntries({ data }: Message<typeof GetInboxEntries>) {
    return this.deliveries.entries(data);
  }

  async #alert(message: Message, restocked: Restocked, after: string) {
    const userIds = await this.watches.watchersOf(restocked.sku, after);
    await this.notifications.change(message, alertKeys(restocked, userIds), (state, now) =>
      alert(state, restocked, userIds, this.#limits, now),
    );
  }

  #notify(message: OrderFact) {
    const decide = (state: State, now: Date): Decision => notify(state, message, this.#limits, now);
    return this.notifications.change(message, noticeKeys(message), decide, { mayWait: true });
  }
}
