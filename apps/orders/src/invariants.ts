import type { Invariant } from '@sluice/service-kit';
import type { OrdersConfig } from './config.js';

/** Timers, retries and the sweep have all had their turn by then. */
const GRACE = "interval '1 minute'";

/** No order waits for ever. */
export const invariantsOf = ({ ORDER_DEADLINE_SECONDS }: OrdersConfig): readonly Invariant[] => [
  { name: 'unpaid_orders_within_window', sql: `SELECT id FROM orders WHERE status = 'awaiting_payment' AND pay_by < now() - ${GRACE}` },
  {
    name: 'pending_orders_within_deadline',
    sql: `SELECT id FROM orders WHERE status = 'pending' AND placed_at < now() - interval '${ORDER_DEADLINE_SECONDS} seconds' - ${GRACE}`,
  },
];
