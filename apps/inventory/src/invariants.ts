import type { Invariant } from '@sluice/service-kit';

/** Invariants of every shelf: one product in one warehouse. */
export const INVARIANTS: readonly Invariant[] = [
  {
    name: 'stock_conserved',

    sql: `SELECT sku || '/' || warehouse AS id FROM stock
      WHERE received <> on_hand + reserved + allotted + issued`,
  },
  {
    name: 'stock_not_negative',

    sql: `SELECT sku || '/' || warehouse AS id FROM stock
      WHERE least(received, on_hand, reserved, allotted, issued) < 0`,
  },
  {
    name: 'allotted_stock_in_allotments',
    sql: `
      SELECT sku || '/' || warehouse AS id FROM stock LEFT JOIN (

        SELECT sku, key AS warehouse, sum(value::int) AS pieces
        FROM allotments, jsonb_each_text(remaining) WHERE status = 'allotted' GROUP BY 1, 2
      ) AS left_in_allotments USING (sku, warehouse)
      WHERE allotted <> coalesce(pieces, 0)`,
  },
];

/** Invariants that read every reservation ever made: for `npm run audit`, not for every scrape. */
export const AUDITED: readonly Invariant[] = [
  {
    name: 'reserved_stock_in_reservations',
    sql: `
      WITH moves AS (
        SELECT piece, 1 AS sign FROM reservations, jsonb_array_elements(allocation) AS piece
        UNION ALL

        SELECT piece, -1
        FROM reservations, jsonb_array_elements(parcels) AS parcel, jsonb_array_elements(parcel->'allocation') AS piece
      ), held AS (

        SELECT piece->>'sku' AS sku, piece->>'warehouse' AS warehouse,
          sum(sign * (piece->>'quantity')::int) AS pieces
        FROM moves GROUP BY 1, 2
      )
      SELECT sku || '/' || warehouse AS id FROM stock LEFT JOIN held USING (sku, warehouse)
      WHERE reserved <> coalesce(pieces, 0)`,
  },
];
