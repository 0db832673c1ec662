import { Inject, Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import { BATCH_SIZE, CONFIG, dueSql, Sweep } from '@sluice/service-kit';
import { Pool } from 'pg';
import { RESEND_HALT_AFTER_MS, resendHalt } from './cancellation.js';
import type { OrdersConfig } from './config.js';
import { RESEND_CLOSE_AFTER_MS, expire, rejectOverdue, VERDICT_WITHIN_MS } from './deadline.js';
import { onOrder, orderKeys, ownMessage } from './order-decision.js';
import type { Change } from './order-steps.js';
import { OrderRepository } from './order.repository.js';
import type { Order } from './tables.js';

/** SQL: `$1` ms ago. */
const BEFORE = "now() - $1 * interval '1 millisecond'";

/** Candidates of `expire`. Timers and replies take milliseconds: after `$1` ms one of them is lost. */
const UNPAID = `
  SELECT id FROM orders WHERE status = 'awaiting_payment' AND pay_by < ${BEFORE} AND (

    close_requested_at IS NULL OR ${dueSql({ since: 'pay_by', askedAt: 'close_requested_at' })}
    OR pay_by <= now() - interval '${VERDICT_WITHIN_MS} milliseconds'
  ) ORDER BY pay_by LIMIT ${BATCH_SIZE}`;

/**
 * Ends orders beyond their deadline: unpaid orders whose timers a broker has lost, and orders that could never be
 * paid. Repeats the request to halt parcels when logistics has not replied.
 *
 * No fact (`order.placed`, `order.paid`) is published again: it stays in its listener's queue or dead letters until
 * it is handled. A pending order ends at its deadline; the audit (`paid_orders_get_parcels`) reports paid orders
 * without parcels. After the broker has lost its data an operator has the facts announced again
 * (`order.reannouncement.ts`).
 */
@Injectable()
export class DeadlinesSweep extends Sweep {
  constructor(
    orders: OrderRepository,
    pool: Pool,
    @Inject(CONFIG) { ORDER_DEADLINE_SECONDS: seconds, DEADLINE_SWEEP_MS }: OrdersConfig,
  ) {
    const revised = (rule: (order: Order, now: Date) => Change) => (_: Message, orderId: string) => {
      const message = ownMessage('orders.sweep', orderId);
      return orders.change(message, orderKeys(message.data), onOrder(message, rule));
    };
    super('deadlines', DEADLINE_SWEEP_MS, pool, [
      {
        found: 'payment windows ended without an answer of payments',
        sql: UNPAID,
        parameters: [RESEND_CLOSE_AFTER_MS],
        resend: revised(expire),
      },
      {
        found: 'orders could not be made ready for their payment in time',

        sql: `SELECT id FROM orders WHERE status = 'pending' AND placed_at < ${BEFORE}
          ORDER BY placed_at LIMIT ${BATCH_SIZE}`,
        parameters: [seconds * 1_000],
        resend: revised((order, now) => rejectOverdue(order, seconds, now)),
      },
      {
        found: 'requests to halt parcels were not answered and are sent again',

        sql: `SELECT id FROM orders WHERE status = 'paid' AND cancellation_requested_at < ${BEFORE}
          ORDER BY cancellation_requested_at LIMIT ${BATCH_SIZE}`,
        parameters: [RESEND_HALT_AFTER_MS],
        resend: revised(resendHalt),
      },
    ]);
  }
}
