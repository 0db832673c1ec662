import type { Invariant } from '@sluice/service-kit';

/** Of every order's money. */
export const INVARIANTS: readonly Invariant[] = [
  { name: 'orders_captured_once', sql: "SELECT order_id AS id FROM captures WHERE status IN ('captured', 'refunded') GROUP BY order_id HAVING count(*) > 1" },
  {
    name: 'refunds_within_captures',
    sql: `
      SELECT order_id AS id FROM captures WHERE version > 0 GROUP BY order_id
      HAVING coalesce(sum(amount) FILTER (WHERE gateway_reference IS NOT NULL), 0) < coalesce(sum(amount) FILTER (WHERE refund_reference IS NOT NULL), 0)`,
  },
];
