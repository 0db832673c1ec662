import { BEFORE_ALL, Reannouncement, selected } from '@sluice/service-kit';
import type { Pool } from 'pg';
import { onOrder, orderKeys, ownMessage } from './order-decision.js';
import { announceOrder, type PastEntry } from './order-facts.js';
import type { OrderRepository } from './order.repository.js';

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
 */
export const orderReannouncement = (pool: Pool, orders: OrderRepository): Reannouncement =>
  new Reannouncement({
    what: 'orders',
    rows: selected<Row>(pool, ORDERS, BEFORE_ALL),
    announce: (_, { id: orderId, history }: Row) => {
      const message = ownMessage('orders.reannounce', orderId);
      return orders.change(
        message,
        orderKeys({ orderId }),
        onOrder(message, (order) => announceOrder(order, history)),
      );
    },
  });
