import type { Invariant } from '@sluice/service-kit';

/** What takes reading every parcel there ever was: for `npm run audit`, not for every scrape. */
export const AUDITED: readonly Invariant[] = [
  {
    name: 'parcels_halted_all_or_none',
    sql: `
      SELECT order_id AS id FROM parcels WHERE version > 0 GROUP BY order_id
      HAVING bool_or(status = 'halted') AND bool_or(status IN ('dispatched', 'delivered'))`,
  },
  { name: 'one_parcel_per_warehouse', sql: 'SELECT order_id AS id FROM parcels WHERE version > 0 GROUP BY order_id, warehouse HAVING count(*) > 1' },
];
