import { Inject, Injectable } from '@nestjs/common';
import type { AccountRegistered, AccountVerified, Channel, CodeIssued, Message } from '@sluice/contracts';
import { databaseTime, type UnitOfWork } from '@sluice/persistence';
import { CONFIG, UnitsOfWork } from '@sluice/service-kit';
import { Pool } from 'pg';
import type { NotificationsConfig } from './config.js';
import { type DeliveryMessage, type Ending, record } from './delivery.js';
import type { Fact } from './notices.js';
import { tables } from './tables.js';
import { sendCode, notify, verify, welcome } from './composition.js';
import type { TextLimits } from './text-limit.js';
import { resend, type ResendPolicy } from './texts.js';

/** Maps each message to the rows it concerns, and to the rule that decides on them. */
@Injectable()
export class NotificationsRepository {
  readonly #unit: UnitOfWork<typeof tables>;
  readonly #limits: TextLimits;

  constructor(
    units: UnitsOfWork,
    private readonly pool: Pool,
    @Inject(CONFIG) config: Pick<NotificationsConfig, 'TEXTS_PER_ACCOUNT' | 'CODES_PER_NUMBER'>,
  ) {
    this.#unit = units.over({ tables });
    this.#limits = { textsPerAccount: config.TEXTS_PER_ACCOUNT, codesPerNumber: config.CODES_PER_NUMBER };
  }

  async welcome(message: Message<typeof AccountRegistered>): Promise<void> {
    const { userId, phone } = message.data;
    const keys = { recipients: [userId], numbers: [phone] };
    await this.#unit.change(message, keys, (state, now) => welcome(state, message, this.#limits, now));
  }

  async sendCode(message: Message<typeof CodeIssued>): Promise<void> {
    const keys = { numbers: [message.data.phone] };
    await this.#unit.change(message, keys, (state, now) => sendCode(state, message, this.#limits, now));
  }

  async verify(message: Message<typeof AccountVerified>): Promise<void> {
    const keys = { recipients: [message.data.userId] };
    await this.#unit.change(message, keys, (state, now) => verify(state, message, this.#limits, now));
  }

  async notify(message: Fact): Promise<void> {
    const keys = { recipients: [message.data.userId] };
    await this.#unit.change(message, keys, (state, now) => notify(state, message, this.#limits, now));
  }

  async isPast(instant: string): Promise<boolean> {
    return (await databaseTime(this.pool)).getTime() >= Date.parse(instant);
  }

  async record(message: DeliveryMessage, channel: Channel, outcome: Ending): Promise<void> {
    await this.#unit.change(message, { deliveries: [message.data.id] }, (state, now) =>
      record(state, message, channel, outcome, now),
    );
  }

  async resend(message: Message, id: string, policy: ResendPolicy): Promise<void> {
    await this.#unit.change(message, { deliveries: [id], texts: [id] }, (state, now) => resend(state, id, policy, now));
  }

  /**
   * Records a failed try: the message is not lost, and its next try follows within `retryWithinMs`, so it is not sent
   * again until then.
   */
  async tried(id: string, retryWithinMs: number): Promise<void> {
    await this.pool.query(`UPDATE texts SET asked_at = now() + $2 * interval '1 millisecond' WHERE id = $1`, [
      id,
      retryWithinMs,
    ]);
  }
}
