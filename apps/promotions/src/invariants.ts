import type { Invariant } from '@sluice/service-kit';

/** Invariants of every coupon, and of its uses per user. */
export const INVARIANTS: readonly Invariant[] = [
  { name: 'coupons_within_limit', sql: 'SELECT code AS id FROM coupons WHERE redeemed < 0 OR redeemed > "limit"' },
  {
    name: 'coupons_within_limit_per_user',

    sql: `SELECT code || '/' || user_id AS id FROM coupon_uses JOIN coupons USING (code)
      WHERE orders < 0 OR orders > per_user`,
  },
  {
    name: 'coupons_count_their_redemptions',
    sql: `

      SELECT code AS id FROM coupons LEFT JOIN (
        SELECT code, count(*) AS n FROM redemptions WHERE status = 'redeemed' GROUP BY 1
      ) AS used USING (code)
      WHERE redeemed <> coalesce(n, 0)`,
  },
];

/** Invariants that read all points ever earned: for `npm run audit`, not for every scrape. */
export const AUDITED: readonly Invariant[] = [
  {
    name: 'points_are_what_was_earned',
    sql: `
      SELECT user_id AS id FROM points_balances AS balances FULL JOIN (
        SELECT user_id, sum(points) AS earned FROM points_earnings WHERE version > 0 GROUP BY 1
      ) AS earnings USING (user_id)
      WHERE coalesce(balances.points, 0) <> coalesce(earned, 0)`,
  },
];

/**
 * Records of this service per order, one row each, by ascending id. `npm run audit` compares them across services
 * (audit/src/rules.ts).
 */
export const ORDER_ROWS = [
  {
    name: 'redemption',
    counts: 'redemptions',
    sql: `SELECT order_id::text AS id, status = 'redeemed' AS redeemed FROM redemptions
      WHERE version > 0 ORDER BY order_id`,
  },
  {
    name: 'earning',
    counts: 'earnings',
    sql: 'SELECT order_id::text AS id, points::float8 FROM points_earnings WHERE version > 0 ORDER BY order_id',
  },
];
