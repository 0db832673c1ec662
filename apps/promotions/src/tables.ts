import type { CouponRefusal } from '@sluice/contracts';
import { collection, type Decision, type Keys, type State } from '@sluice/persistence';

export interface Coupon {
  code: string;
  kind: 'fixed' | 'percent';
  /** Cents, or a percentage. */
  value: number;
  /** As named when it was created. */
  currency: string | null;
  /** The subtotal that an order must reach; cents. */
  minAmount: number | null;
  /** The only currency that counts; null: any. */
  minCurrency: string | null;
  /** Limits of orders that may have it at a time, in total and per user; null: no limit. */
  limit: number | null;
  perUser: number | null;
  expiresAt: Date | null;
  /** Number of orders that have it now. */
  redeemed: number;
  version: number;
}

/** Number of one user's orders that have a coupon now. */
export interface CouponUse {
  code: string;
  userId: string;
  orders: number;
  version: number;
}

interface Request {
  orderId: string;
  userId: string;
  code: string;
  version: number;
}

/** The order has the coupon, with this discount. */
export interface GrantedRedemption extends Request {
  status: 'redeemed';
  /** Cents. */
  discountAmount: number;
  discountCurrency: string;
  reason: null;
}

export interface RejectedRedemption extends Request {
  status: 'rejected';
  discountAmount: null;
  discountCurrency: null;
  reason: CouponRefusal;
}

/** The order ended and no longer has the coupon. Without a discount: it ended before its coupon was decided. */
export interface ReleasedRedemption extends Request {
  status: 'released';
  discountAmount: number | null;
  discountCurrency: string | null;
  reason: null;
}

/** The outcome of one order's coupon. */
export type Redemption = GrantedRedemption | RejectedRedemption | ReleasedRedemption;

/** The points of one completed order. */
export interface Earning {
  orderId: string;
  userId: string;
  points: number;
  version: number;
}

export interface Balance {
  userId: string;
  points: number;
  version: number;
}

export const couponTables = {
  coupons: collection<Coupon>({
    table: 'coupons',
    key: 'code',
    columns: [
      'code',
      'kind',
      'value',
      'currency',
      'minAmount',
      'minCurrency',
      'limit',
      'perUser',
      'expiresAt',
      'redeemed',
      'version',
    ],
  }),
  redemptions: collection<Redemption>({
    table: 'redemptions',
    key: 'orderId',
    columns: ['orderId', 'userId', 'code', 'status', 'discountAmount', 'discountCurrency', 'reason', 'version'],
  }),
  uses: collection<CouponUse>({
    table: 'coupon_uses',
    key: ['code', 'userId'],
    columns: ['code', 'userId', 'orders', 'version'],
  }),
};
export type CouponKeys = Keys<typeof couponTables>;
export type CouponState = State<typeof couponTables>;
/** Without `R`: there is no reply. */
export type CouponDecision<R = never> = Decision<R, typeof couponTables>;

/** Points and coupons are separate units of work, so neither waits for the other's rows. */
export const pointsTables = {
  balances: collection<Balance>({ table: 'points_balances', key: 'userId', columns: ['userId', 'points', 'version'] }),
  earnings: collection<Earning>({
    table: 'points_earnings',
    key: 'orderId',
    columns: ['orderId', 'userId', 'points', 'version'],
  }),
};
export type PointsKeys = Keys<typeof pointsTables>;
export type PointsState = State<typeof pointsTables>;
export type PointsDecision<R = never> = Decision<R, typeof pointsTables>;
