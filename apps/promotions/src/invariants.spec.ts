import { broken } from '@sluice/service-kit';
import { itNamesWhatBreaks, uuid } from '@sluice/testing/invariants';
import { describe } from 'vitest';
import { INVARIANTS } from './invariants.js';

describe('the invariants of every coupon', () =>
  itNamesWhatBreaks({
    service: 'promotions',
    invariants: INVARIANTS,
    broken,
    tables: 'coupons, coupon_uses, redemptions',
    sound: `

      INSERT INTO coupons (code, kind, value, "limit", per_user, redeemed, version) VALUES
        ('TEN', 'percent', 10, 2, 1, 2, 3),
        ('FREE', 'fixed', 500, NULL, NULL, 0, 1);

      INSERT INTO coupon_uses (code, user_id, orders, version) VALUES
        ('TEN', '${uuid(1)}', 1, 1),
        ('TEN', '${uuid(2)}', 1, 1),
        ('FREE', '${uuid(1)}', 0, 2);

      INSERT INTO redemptions (order_id, user_id, code, status, version) VALUES
        ('${uuid(3)}', '${uuid(1)}', 'TEN', 'redeemed', 1),
        ('${uuid(4)}', '${uuid(2)}', 'TEN', 'redeemed', 1),
        ('${uuid(5)}', '${uuid(1)}', 'FREE', 'released', 2);`,
    breaks: {
      coupons_within_limit: ['TEN', `UPDATE coupons SET redeemed = 3 WHERE code = 'TEN'`],
      coupons_within_limit_per_user: [
        `TEN/${uuid(1)}`,
        `UPDATE coupon_uses SET orders = 2 WHERE code = 'TEN' AND user_id = '${uuid(1)}'`,
      ],
      coupons_count_their_redemptions: ['FREE', `UPDATE coupons SET redeemed = 1 WHERE code = 'FREE'`],
    },
  }));
