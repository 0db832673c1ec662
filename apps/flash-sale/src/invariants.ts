import type { Invariant } from '@sluice/service-kit';

/** Invariants of every sale: neither oversold nor undersold, and each won piece has one winner. */
export const INVARIANTS: readonly Invariant[] = [
  {
    name: 'sale_pieces_conserved',
    sql: 'SELECT id FROM sales WHERE version > 0 AND quantity <> remaining + held + sold',
  },
  {
    name: 'sale_pieces_not_negative',
    sql: 'SELECT id FROM sales WHERE version > 0 AND least(remaining, held, sold) < 0',
  },
  {
    name: 'users_win_once',

    sql: `SELECT sale_id || '/' || user_id AS id FROM claims
      WHERE win IS NOT NULL GROUP BY sale_id, user_id HAVING count(*) > 1`,
  },
  {
    name: 'won_pieces_have_winners',
    sql: `
      SELECT id FROM sales LEFT JOIN (

        SELECT sale_id AS id, count(*) FILTER (WHERE win = 'held') AS holders,
          count(*) FILTER (WHERE win = 'paid') AS buyers
        FROM claims WHERE win IS NOT NULL GROUP BY 1
      ) AS winners USING (id)
      WHERE version > 0 AND (held <> coalesce(holders, 0) OR sold <> coalesce(buyers, 0))`,
  },
];

/** By then the sweep has sent lost messages again several times. */
const LONG = "interval '15 minutes'";
/** How long orders lets an order wait until it can be paid. Seconds. */
const USUAL_DEADLINE_SECONDS = 7_200;

/** Invariants that an outage of another service may break: for `npm run audit`, not for an alert. */
export const AUDITED: readonly Invariant[] = [
  {
    name: 'sales_allotted',
    sql: `SELECT id FROM sales WHERE version > 0 AND state = 'preparing' AND created_at < now() - ${LONG}`,
  },
  {
    name: 'allotments_returned',

    sql: `SELECT id FROM sales WHERE version > 0 AND returned > returned_confirmed
      AND coalesce(waiting_since, closes_at) < now() - ${LONG}`,
  },
  { name: 'closed_sales_shelved', sql: `SELECT id FROM sales WHERE shelve_at < now() - ${LONG}` },
];

/**
 * All invariants, under this system's settings. A win that is neither paid nor back beyond the longest life of an
 * order has no order, or lacks its facts.
 */
export const invariantsOf = ({
  ORDER_DEADLINE_SECONDS = USUAL_DEADLINE_SECONDS,
}: {
  ORDER_DEADLINE_SECONDS?: number;
}): readonly Invariant[] => [
  ...INVARIANTS,
  {
    name: 'wins_have_orders',
    sql: `
      SELECT sale_id || '/' || user_id AS id FROM claims JOIN sales ON sales.id = sale_id
      WHERE win = 'held'
        AND won_at < now() - (pay_within_seconds + ${ORDER_DEADLINE_SECONDS}) * interval '1 second' - ${LONG}`,
  },
];

/**
 * Records of this service per order, one row each, by ascending id. `npm run audit` compares them across services
 * (audit/src/rules.ts).
 */
export const ORDER_ROWS = [
  {
    name: 'win',
    counts: 'wins',
    sql: `
      SELECT order_id::text AS id, min(sale_id::text) AS "saleId", min(win) AS state
      FROM claims WHERE win IS NOT NULL GROUP BY order_id ORDER BY order_id`,
  },
];
