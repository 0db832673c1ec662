import { BEFORE_ALL, Reannouncement, selected } from '@sluice/service-kit';
import type { Pool } from 'pg';
import { repeatHalt } from './cancellation.js';
import { onOrder, orderKeys, ownMessage } from './order-decision.js';
import { announceOrder, type PastEntry } from './order-facts.js';
import type { Change } from './order-steps.js';
import type { OrderRepository } from './order.repository.js';
import type { Order } from './tables.js';

/** Paid orders whose cancellation waits for logistics. */
const CANCELLATIONS = `
  SELECT id::text FROM orders WHERE id > $1::uuid AND status = 'paid' AND cancellation_requested_at IS NOT NULL
    AND $3::text IS NOT NULL
  ORDER BY orders.id LIMIT $2`;

/** Orders that have not ended, and those to which something has happened since. */
const ORDERS = `
  SELECT id::text, (
    SELECT jsonb_agg(jsonb_build_object('version', version, 'type', type, 'detail', detail, 'at', at) ORDER BY version)
    FROM order_history WHERE order_id = orders.id
  ) AS history
  FROM orders WHERE id > $1::uuid AND version > 0 AND placed_at IS NOT NULL AND (
    status NOT IN ('completed', 'rejected', 'cancelled')
    OR EXISTS (SELECT FROM order_history WHERE order_id = orders.id AND at >= $3::timestamptz)
  ) ORDER BY orders.id LIMIT $2`;

interface Row {
  id: string;
  history: PastEntry[];
}

/**
 * Every listener of an order's facts replies to those that it has handled: inventory with the stock that it holds,
 * payments with the money, logistics with the parcels. So orders learns what it has missed, and they what they have.
 * Logistics hears of cancellations before it hears again that the orders are paid.
 */
export function orderReannouncement(pool: Pool, orders: OrderRepository): Reannouncement {
  const change = (orderId: string, rule: (order: Order, now: Date) => Change) => {
    const message = ownMessage('orders.reannounce', orderId);
    return orders.change(message, orderKeys({ orderId }), onOrder(message, rule));
  };
  return new Reannouncement(
    {
      what: 'cancellations of paid orders',
      first: true,
      rows: selected(pool, CANCELLATIONS, BEFORE_ALL),
      announce: (_, { id }) => change(id, repeatHalt),
    },
    {
      what: 'orders',
      rows: selected<Row>(pool, ORDERS, BEFORE_ALL),
      announce: (_, { id, history }: Row) => change(id, (order) => announceOrder(order, history)),
    },
  );
}
