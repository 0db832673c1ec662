import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { newId } from '@sluice/persistence';
import { CONFIG, Repeating } from '@sluice/service-kit';
import { Pool } from 'pg';
import type { OrdersConfig } from './config.js';
import { expire, giveUp } from './deadlines.js';
import type { Change } from './order-steps.js';
import { OrderRepository } from './order.repository.js';
import type { Order } from './tables.js';

/** Timers are late by milliseconds; what is later than this has lost its timer. */
const LOST_AFTER_MS = 3_000;
/** One commit's worth. */
const AT_ONCE = 500;

/** One way to outlive a deadline: which orders have, and what becomes of them. Times are by this process's clock, as the rule's are. */
interface Deadline {
  found: string;
  /** Takes the moment before which (`$1`) an order is too late. */
  sql: string;
  lateByMs: number;
  rule: (order: Order, now: Date) => Change;
}

/** Cancels what has outlived its deadline: unpaid orders whose timers a broker has lost, and orders that never became ready to be paid. */
@Injectable()
export class DeadlinesSweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('deadlines');
  readonly #deadlines: readonly Deadline[];
  readonly #repeating: Repeating;
  #stopping = false;

  constructor(
    private readonly orders: OrderRepository,
    private readonly pool: Pool,
    @Inject(CONFIG) { ORDER_DEADLINE_SECONDS: seconds, DEADLINE_SWEEP_MS }: OrdersConfig,
  ) {
    this.#repeating = new Repeating('deadlines', DEADLINE_SWEEP_MS, () => this.#sweepAll());
    this.#deadlines = [
      {
        found: 'payment windows ended without their timers',
        sql: `SELECT id FROM orders WHERE status = 'awaiting_payment' AND pay_by < $1 ORDER BY pay_by LIMIT ${AT_ONCE}`,
        lateByMs: LOST_AFTER_MS,
        rule: expire,
      },
      {
        found: 'orders could not be made ready for their payment in time',
        sql: `SELECT id FROM orders WHERE status = 'pending' AND placed_at < $1 ORDER BY placed_at LIMIT ${AT_ONCE}`,
        lateByMs: seconds * 1_000,
        rule: (order, now) => giveUp(order, seconds, now),
      },
    ];
  }

  onApplicationBootstrap(): void {
    this.#repeating.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    await this.#repeating.stop();
  }

  async #sweepAll(): Promise<void> {
    const sweeps = await Promise.allSettled(this.#deadlines.map((deadline) => this.#sweepOne(deadline)));
    throwFirst(sweeps);
  }

  /** A full round leaves others behind, who have waited long enough. */
  async #sweepOne(deadline: Deadline): Promise<void> {
    for (let found = AT_ONCE; found === AT_ONCE && !this.#stopping; ) found = await this.#round(deadline);
  }

  async #round({ found, sql, lateByMs, rule }: Deadline): Promise<number> {
    const { rows } = await this.pool.query<{ id: string }>(sql, [new Date(Date.now() - lateByMs)]);
    const ends = await Promise.allSettled(rows.map(({ id }) => this.#end(id, rule)));
    if (rows.length > 0) this.#logger.warn(`${rows.length} ${found}`);
    // The same ones would be found again at once.
    throwFirst(ends);
    return rows.length;
  }

  /** Under a new id each time: whether the order is still too late is looked at again under its lock. */
  #end(orderId: string, rule: Deadline['rule']): Promise<void> {
    const message = { id: newId(), type: 'orders.sweep', version: 1, correlationId: orderId, time: new Date().toISOString(), data: { orderId } };
    return this.orders.change(message, rule);
  }
}

/** What has failed holds up nothing else, and is not passed over. */
function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
