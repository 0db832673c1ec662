import type { Invariant } from '@sluice/service-kit';

/** Of every shelf: one product in one warehouse. */
export const INVARIANTS: readonly Invariant[] = [
  { name: 'stock_conserved', sql: "SELECT sku || '/' || warehouse AS id FROM stock WHERE received <> on_hand + reserved + allotted + issued" },
  { name: 'stock_not_negative', sql: "SELECT sku || '/' || warehouse AS id FROM stock WHERE least(received, on_hand, reserved, allotted, issued) < 0" },
  {
    name: 'allotted_stock_in_allotments',
    sql: `
      SELECT sku || '/' || warehouse AS id FROM stock LEFT JOIN (
        SELECT sku, key AS warehouse, sum(value::int) AS pieces FROM allotments, jsonb_each_text(remaining) WHERE status = 'allotted' GROUP BY 1, 2
      ) AS left_in_allotments USING (sku, warehouse)
      WHERE allotted <> coalesce(pieces, 0)`,
  },
];
