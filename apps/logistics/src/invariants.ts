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
