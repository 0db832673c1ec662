import type { Invariant } from '@sluice/service-kit';

/**
 * By then the sweep has repeated the request several times. A carrier's longer outage is reported here; nothing is
 * lost.
 */
const LATE = "interval '15 minutes'";

/** Invariants that read every parcel ever made: for `npm run audit`, not for every scrape. */
export const AUDITED: readonly Invariant[] = [
  {
    name: 'parcels_halted_all_or_none',
    sql: `
      SELECT order_id AS id FROM parcels WHERE version > 0 GROUP BY order_id
      HAVING bool_or(status = 'halted') AND bool_or(status IN ('dispatched', 'delivered'))`,
  },
  {
    name: 'one_parcel_per_warehouse',
    sql: 'SELECT order_id AS id FROM parcels WHERE version > 0 GROUP BY order_id, warehouse HAVING count(*) > 1',
  },
  {
    name: 'parcels_are_booked',

    sql: `SELECT id FROM parcels
      WHERE carrier_reference IS NULL AND status = 'preparing' AND created_at < now() - ${LATE}`,
  },
  {
    name: 'recalls_are_answered',

    sql: `SELECT id FROM parcels
      WHERE halted_at < now() - ${LATE} AND recalled_at IS NULL AND carrier_asked_at IS NOT NULL`,
  },
];

/**
 * Records of this service per order, one row each, by ascending id. `npm run audit` compares them across services
 * (audit/src/rules.ts).
 */
export const ORDER_ROWS = [
  {
    name: 'parcels',
    counts: 'orders with parcels',
    sql: `
      SELECT order_id::text AS id, count(*)::int AS made, count(*) FILTER (WHERE status = 'halted')::int AS halted,
        count(*) FILTER (WHERE status IN ('dispatched', 'delivered'))::int AS gone,
        count(*) FILTER (WHERE status = 'delivered')::int AS delivered
      FROM parcels WHERE version > 0 GROUP BY order_id ORDER BY order_id`,
  },
];
