import type { Invariant } from '@sluice/service-kit';

/**
 * By then the sweep has repeated the request several times. A provider's longer outage is reported here; nothing is
 * lost.
 */
const LATE = "interval '15 minutes'";

/** Invariants of every order's money. */
export const INVARIANTS: readonly Invariant[] = [
  {
    name: 'orders_captured_once',

    sql: `SELECT order_id AS id FROM captures WHERE status IN ('captured', 'refunded')
      GROUP BY order_id HAVING count(*) > 1`,
  },
  {
    name: 'refunds_within_captures',
    sql: `
      SELECT order_id AS id FROM captures WHERE version > 0 GROUP BY order_id
      HAVING coalesce(sum(amount) FILTER (WHERE gateway_reference IS NOT NULL), 0)
        < coalesce(sum(amount) FILTER (WHERE refund_reference IS NOT NULL), 0)`,
  },
];

/** Invariants that an outage of the card gateway breaks as well: for `npm run audit`, not for an alert. */
export const AUDITED: readonly Invariant[] = [
  {
    name: 'captures_have_outcomes',
    sql: `
      SELECT payables.order_id AS id FROM payables JOIN captures ON captures.id = capture_id
      WHERE payables.status IN ('capturing', 'voiding') AND requested_at < now() - ${LATE}`,
  },
  {
    name: 'refunds_are_done',

    sql: `SELECT order_id AS id FROM payables
      WHERE status = 'refunding' AND coalesce(refunding_since, capturing_since) < now() - ${LATE}`,
  },
];

/**
 * Records of this service per order, one row each, by ascending id. `npm run audit` compares them across services
 * (audit/src/rules.ts).
 */
export const ORDER_ROWS = [
  {
    name: 'money',
    counts: 'charged orders',
    sql: `
      SELECT order_id::text AS id, (coalesce(sum(amount) FILTER (WHERE status IN ('captured', 'refunded')), 0)
        - coalesce(sum(amount) FILTER (WHERE status = 'refunded'), 0))::float8 AS net
      FROM captures WHERE version > 0 GROUP BY order_id ORDER BY order_id`,
  },
];
