import type { Invariant } from '@sluice/service-kit';

/** Of every coupon, and of what each user has of it. */
export const INVARIANTS: readonly Invariant[] = [
  { name: 'coupons_within_limit', sql: 'SELECT code AS id FROM coupons WHERE redeemed < 0 OR redeemed > "limit"' },
  { name: 'coupons_within_limit_per_user', sql: "SELECT code || '/' || user_id AS id FROM coupon_uses JOIN coupons USING (code) WHERE orders < 0 OR orders > per_user" },
  {
    name: 'coupons_count_their_redemptions',
    sql: `
      SELECT code AS id FROM coupons LEFT JOIN (SELECT code, count(*) AS n FROM redemptions WHERE status = 'redeemed' GROUP BY 1) AS used USING (code)
      WHERE redeemed <> coalesce(n, 0)`,
  },
];
