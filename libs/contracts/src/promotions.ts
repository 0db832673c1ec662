import { z } from 'zod';
import { ACCEPTED } from './kit/accepted.js';
import { Currency, CurrencyCode } from './currency.js';
import { command, event, query } from './kit/message.js';
import { Id, Instant } from './kit/values.js';
import { Cents, CouponCode, Money, NewMoney } from './values.js';

/**
 * `fixed`: `value` is an amount in the smallest unit of the coupon's currency. `percent`: `value` is a percentage of
 * the subtotal.
 */
export const CouponKind = z.enum(['fixed', 'percent']);

/**
 * Discount of a coupon and its conditions. `minTotal` is the minimum subtotal of an order: cents of the order's
 * currency, or money, which also limits the coupon to orders in that currency. A coupon with a currency is valid only
 * for orders in that currency. A fixed coupon without a currency, also in `minTotal`, is in USD. Without a limit it
 * can be used any number of times.
 */
export const NewCoupon = z
  .strictObject({
    code: CouponCode,
    kind: CouponKind,
    value: z.int().min(1).max(Cents.maxValue!),
    currency: Currency.optional(),
    minTotal: z.union([Cents, NewMoney]).optional(),
    limit: z.int().min(1).max(1_000_000_000).optional(),
    perUser: z.int().min(1).max(1_000_000).optional(),
    expiresAt: Instant.optional(),
  })
  .refine(({ kind, value }) => kind === 'fixed' || value <= 100, {
    path: ['value'],
    error: 'a percentage is at most 100',
  })
  .refine(
    ({ currency, minTotal }) =>
      typeof minTotal !== 'object' || currency === undefined || currency === minTotal.currency,
    { path: ['currency'], error: 'a coupon has one currency' },
  )
  .register(ACCEPTED, {
    description: 'currency and the currency of minTotal are one; expiresAt is to come',
    anyOf: [{ properties: { kind: { const: 'fixed' } } }, { properties: { value: { maximum: 100 } } }],
  });
export const Coupon = z.object({
  ...NewCoupon.shape,
  currency: CurrencyCode.optional(),
  minTotal: z.union([Cents, Money]).optional(),
  redeemed: z.int().min(0),
});
export type Coupon = z.infer<typeof Coupon>;

/** `used_up`: the coupon's limit for all users is reached. `used_by_user`: the limit for this user is reached. */
export const CouponRefusal = z.enum([
  'unknown',
  'expired',
  'below_minimum',
  'used_up',
  'used_by_user',
  'other_currency',
]);
export type CouponRefusal = z.infer<typeof CouponRefusal>;

/** Loyalty points: one for each whole 100 cents of a completed order. */
export const Points = z.object({ points: z.int().min(0) });

export const CreateCoupon = command('promotions.create-coupon', NewCoupon, {
  reply: Coupon,
  about: "The same coupon twice is one. Problems: 409 the code is another coupon's; 422 it is expired already.",
});
export const GetPoints = query('promotions.points', z.object({ userId: Id }), Points);

const fact = { orderId: Id, userId: Id, code: CouponCode, version: z.int() };
export const CouponRedeemed = event('coupon.redeemed', z.object({ ...fact, discount: Money }), {
  about: 'The coupon is used for this order, and takes this much off its subtotal.',
});
export const CouponRejected = event('coupon.rejected', z.object({ ...fact, reason: CouponRefusal }));
export const CouponReleased = event('coupon.released', z.object(fact), {
  optional: true,
  about: 'The order came to nothing: the coupon can be used again.',
});
export const PointsEarned = event(
  'points.earned',
  z.object({ orderId: Id, userId: Id, points: z.int(), balance: z.int(), version: z.int() }),
  {
    onDemand: true,
    about: '`balance` is what the user has with them.',
  },
);
