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

/**
 * Records of this service per order, one row each, by ascending id. `npm run audit` compares them across services
 * (audit/src/rules.ts).
 */
export const ORDER_ROWS = [
  {
    name: 'reservation',
    counts: 'reservations',
    sql: `
      SELECT order_id::text AS id, status = 'held' AND
        (SELECT coalesce(sum((pick->>'quantity')::int), 0) FROM jsonb_array_elements(allocation) AS pick) >
        (SELECT coalesce(sum((pick->>'quantity')::int), 0)
          FROM jsonb_array_elements(parcels) AS parcel, jsonb_array_elements(parcel->'allocation') AS pick) AS holds
      FROM reservations WHERE version > 0 ORDER BY order_id`,
  },
];
