import type { Invariant } from '@sluice/service-kit';

/** Of every sale: neither oversold nor undersold, and each piece is somebody's. */
export const INVARIANTS: readonly Invariant[] = [
  { name: 'sale_pieces_conserved', sql: 'SELECT id FROM sales WHERE version > 0 AND quantity <> remaining + held + sold' },
  { name: 'sale_pieces_not_negative', sql: 'SELECT id FROM sales WHERE version > 0 AND least(remaining, held, sold) < 0' },
  { name: 'users_win_once', sql: "SELECT sale_id || '/' || user_id AS id FROM claims WHERE win IS NOT NULL GROUP BY sale_id, user_id HAVING count(*) > 1" },
  {
    name: 'won_pieces_have_winners',
    sql: `
      SELECT id FROM sales LEFT JOIN (
        SELECT sale_id AS id, count(*) FILTER (WHERE win = 'held') AS holders, count(*) FILTER (WHERE win = 'paid') AS buyers FROM claims WHERE win IS NOT NULL GROUP BY 1
      ) AS winners USING (id)
      WHERE version > 0 AND (held <> coalesce(holders, 0) OR sold <> coalesce(buyers, 0))`,
  },
];
