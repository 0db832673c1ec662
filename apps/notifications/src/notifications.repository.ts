import { Injectable } from '@nestjs/common';
import type { AccountRegistered, Channel, Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { type DeliveryMessage, record } from './delivery.js';
import type { Fact } from './notices.js';
import { tables } from './tables.js';
import { tell, welcome } from './telling.js';

/** Which rows each message is about, and the rule that decides on them. */
@Injectable()
export class NotificationsRepository {
  readonly #unit: UnitOfWork<typeof tables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables });
  }

  async welcome(message: Message<typeof AccountRegistered>): Promise<void> {
    await this.#unit.change(message, { recipients: [message.data.userId] }, (state) => welcome(state, message));
  }

  async tell(message: Fact): Promise<void> {
    await this.#unit.change(message, { recipients: [message.data.userId] }, (state) => tell(state, message));
  }

  async record(message: DeliveryMessage, channel: Channel, providerReference?: string): Promise<void> {
    await this.#unit.change(message, { deliveries: [message.data.id] }, (state, now) => record(state, message, channel, providerReference, now));
  }
}
