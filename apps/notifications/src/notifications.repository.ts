import { Injectable } from '@nestjs/common';
import type { AccountRegistered, Channel, Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { Pool } from 'pg';
import { type DeliveryMessage, record } from './delivery.js';
import type { Fact } from './notices.js';
import type { Outcome } from './provider.js';
import { tables } from './tables.js';
import { tell, welcome } from './telling.js';
import { askAgain, type Patience } from './texts.js';

/** Which rows each message is about, and the rule that decides on them. */
@Injectable()
export class NotificationsRepository {
  readonly #unit: UnitOfWork<typeof tables>;

  constructor(
    units: UnitsOfWork,
    private readonly pool: Pool,
  ) {
    this.#unit = units.over({ tables });
  }

  async welcome(message: Message<typeof AccountRegistered>): Promise<void> {
    await this.#unit.change(message, { recipients: [message.data.userId] }, (state) => welcome(state, message));
  }

  async tell(message: Fact): Promise<void> {
    await this.#unit.change(message, { recipients: [message.data.userId] }, (state, now) => tell(state, message, now));
  }

  async record(message: DeliveryMessage, channel: Channel, outcome: Outcome): Promise<void> {
    await this.#unit.change(message, { deliveries: [message.data.id] }, (state, now) => record(state, message, channel, outcome, now));
  }

  async askAgain(message: Message, id: string, patience: Patience): Promise<void> {
    await this.#unit.change(message, { deliveries: [id], texts: [id] }, (state, now) => askAgain(state, id, patience, now));
  }

  /** A try has failed, so the message is not lost: it is tried again within `restsMs`, and not asked for until then. */
  async tried(id: string, restsMs: number): Promise<void> {
    await this.pool.query(`UPDATE texts SET asked_at = now() + $2 * interval '1 millisecond' WHERE id = $1`, [id, restsMs]);
  }
}
