import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ExpirePayment } from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import { Pool } from 'pg';
import { expire } from './order.js';
import { OrderRepository } from './order.repository.js';

const EVERY_MS = 5_000;
/** Timers are late by milliseconds; what is later than this has lost its timer. */
const LOST_AFTER = '3 seconds';
/** One commit's worth; the next sweep takes the next. */
const AT_ONCE = 500;

/** The backstop of the timers: cancels what has outlived its window, should a broker have lost its disk. */
@Injectable()
export class PaymentWindowSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('payment window');
  #timer?: NodeJS.Timeout;
  #round: Promise<void> = Promise.resolve();

  constructor(
    private readonly orders: OrderRepository,
    private readonly pool: Pool,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => (this.#round = this.#round.then(() => this.#sweep())), EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#round;
  }

  async #sweep(): Promise<void> {
    try {
      const { rows } = await this.pool.query<{ id: string }>(
        `SELECT id FROM orders WHERE status = 'awaiting_payment' AND pay_by < now() - interval '${LOST_AFTER}' ORDER BY pay_by LIMIT ${AT_ONCE}`,
      );
      await Promise.all(rows.map(({ id }) => this.#expire(id)));
      if (rows.length > 0) this.#logger.warn(`${rows.length} payment windows ended without their timers`);
    } catch (error) {
      this.#logger.warn(`the sweep failed and will be repeated: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Under a new id each time: whether the order is still unpaid is looked at again under its lock. */
  #expire(orderId: string): Promise<void> {
    const time = new Date().toISOString();
    return this.orders.change({ id: newId(), type: ExpirePayment.type, version: 1, correlationId: orderId, time, data: { orderId } }, expire);
  }
}
