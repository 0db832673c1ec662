import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CONFIG, Repeating } from '@sluice/service-kit';
import { Pool } from 'pg';
import { HALT_AGAIN_MS, haltAgain } from './cancellation.js';
import type { OrdersConfig } from './config.js';
import { expire, giveUp } from './deadlines.js';
import type { Change } from './order-steps.js';
import { OrderRepository } from './order.repository.js';
import type { Order } from './tables.js';

/** Timers are late by milliseconds; what is later than this has lost its timer. */
const LOST_AFTER_MS = 3_000;
/** One commit's worth. */
const AT_ONCE = 500;

/** SQL: `$1` ms ago. */
const BEFORE = "now() - $1 * interval '1 millisecond'";

/** One way to outlive a deadline: which orders have, and what becomes of them. Times are by the database's clock, as the rule's are. */
interface Deadline {
  found: string;
  /** Takes the time (`$1`, ms) after which an order is too late. */
  sql: string;
  lateByMs: number;
  rule: (order: Order, now: Date) => Change;
}

/**
 * Cancels what has outlived its deadline: unpaid orders whose timers a broker has lost, and orders that never became ready to
 * be paid. Asks logistics again to halt the parcels of an order whose cancellation it has not answered.
 *
 * It says no fact again, such as `order.placed` of a pending order or `order.paid` of one without parcels: a fact rests in its
 * listener's queue or dead letters until it is handled; under a new message id it would notify the customer again; and a
 * listener that has answered gives no second answer. A pending order ends by its deadline; a paid one without parcels is
 * named by the audit (`paid_orders_get_parcels`).
 */
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
        sql: `SELECT id FROM orders WHERE status = 'awaiting_payment' AND pay_by < ${BEFORE} ORDER BY pay_by LIMIT ${AT_ONCE}`,
        lateByMs: LOST_AFTER_MS,
        rule: expire,
      },
      {
        found: 'orders could not be made ready for their payment in time',
        sql: `SELECT id FROM orders WHERE status = 'pending' AND placed_at < ${BEFORE} ORDER BY placed_at LIMIT ${AT_ONCE}`,
        lateByMs: seconds * 1_000,
        rule: (order, now) => giveUp(order, seconds, now),
      },
      {
        found: 'requests to halt parcels were not answered and are sent again',
        sql: `SELECT id FROM orders WHERE status = 'paid' AND cancellation_requested_at < ${BEFORE} ORDER BY cancellation_requested_at LIMIT ${AT_ONCE}`,
        lateByMs: HALT_AGAIN_MS,
        rule: haltAgain,
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
    const { rows } = await this.pool.query<{ id: string }>(sql, [lateByMs]);
    const ends = await Promise.allSettled(rows.map(({ id }) => this.orders.revise(id, rule)));
    if (rows.length > 0) this.#logger.warn(`${rows.length} ${found}`);
    // The same ones would be found again at once.
    throwFirst(ends);
    return rows.length;
  }
}

/** What has failed holds up nothing else, and is not passed over. */
function throwFirst(results: readonly PromiseSettledResult<unknown>[]): void {
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
