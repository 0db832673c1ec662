import { Inject, Injectable } from '@nestjs/common';
import type { EmailDelivery, InboxDelivery, Message, SmsDelivery } from '@sluice/contracts';
import type { DeliveryMessage } from './delivery.js';
import { Inbox } from './inbox.js';
import { NotificationsRepository } from './notifications.repository.js';
import { EMAIL_PROVIDER, type Provider, SMS_PROVIDER } from './provider.js';

/**
 * Brings messages to people: the provider is called between the commit that decided to tell them and the commit that
 * records it. A crash in between repeats the call, with the delivery's id as its idempotency key.
 */
@Injectable()
export class Delivering {
  constructor(
    private readonly notifications: NotificationsRepository,
    private readonly inbox: Inbox,
    @Inject(SMS_PROVIDER) private readonly sms: Provider,
    @Inject(EMAIL_PROVIDER) private readonly email: Provider,
  ) {}

  bySms(message: Message<typeof SmsDelivery>): Promise<void> {
    return this.#send(message, 'sms', this.sms, message.data.phone);
  }

  byEmail(message: Message<typeof EmailDelivery>): Promise<void> {
    return this.#send(message, 'email', this.email, message.data.address);
  }

  toInbox(message: Message<typeof InboxDelivery>): Promise<void> {
    return this.notifications.record(message, 'inbox');
  }

  async #send(message: DeliveryMessage, channel: 'sms' | 'email', provider: Provider, to: string): Promise<void> {
    const { id, text } = message.data;
    if (await this.inbox.holds(id)) return;
    await this.notifications.record(message, channel, await provider.send({ id, to, text }));
  }
}
