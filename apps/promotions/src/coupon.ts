import {
  type Coupon as CouponView,
  type CouponRefusal,
  type CreateCoupon,
  type Data,
  DEFAULT_CURRENCY,
  type Money,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import type { Coupon, CouponDecision, CouponKeys, CouponState } from './tables.js';

/** The conditions of a coupon, without its counters. */
type Details = Omit<Coupon, 'redeemed' | 'version'>;

export const couponKeys = ({ code }: Pick<Coupon, 'code'>): CouponKeys => ({ coupons: [code] });

/**
 * Creates a coupon. A repeat returns the same coupon, also after it has expired.
 * @throws ProblemError 409 the code is another coupon's, 422 it would be expired from the start
 */
export function createCoupon(
  state: CouponState,
  wanted: Data<typeof CreateCoupon>,
  now: Date,
): CouponDecision<CouponView> {
  const details = detailsOf(wanted);
  const before = state.coupons[details.code];
  if (before && !isSame(before, details))
    throw ProblemError.of(409, 'Coupon code taken', `${details.code} is another coupon's code.`);
  if (before) return { reply: viewOf(before) };
  if (isExpired(details, now))
    throw ProblemError.of(422, 'Not valid', undefined, {
      errors: [{ path: 'expiresAt', message: 'a coupon expires in the future' }],
    });
  const coupon: Coupon = { ...details, redeemed: 0, version: 1 };
  return { state: { coupons: { [coupon.code]: coupon } }, reply: viewOf(coupon) };
}

function detailsOf({
  code,
  kind,
  value,
  currency,
  minTotal,
  limit,
  perUser,
  expiresAt,
}: Data<typeof CreateCoupon>): Details {
  const minimum = typeof minTotal === 'number' ? { amount: minTotal, currency: null } : minTotal;
  return {
    code,
    kind,
    value,
    currency: currency ?? null,
    minAmount: minimum?.amount ?? null,
    minCurrency: minimum?.currency ?? null,
    limit: limit ?? null,
    perUser: perUser ?? null,
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
  };
}

const isExpired = ({ expiresAt }: Details, now: Date): boolean => expiresAt !== null && expiresAt <= now;

const DETAILS = ['kind', 'value', 'currency', 'minAmount', 'minCurrency', 'limit', 'perUser'] as const;

const isSame = (a: Details, b: Details): boolean =>
  DETAILS.every((name) => a[name] === b[name]) && a.expiresAt?.getTime() === b.expiresAt?.getTime();

function viewOf({
  code,
  kind,
  value,
  currency,
  minAmount,
  minCurrency,
  limit,
  perUser,
  expiresAt,
  redeemed,
}: Coupon): CouponView {
  return {
    code,
    kind,
    value,
    ...(currency !== null && { currency }),
    ...(minAmount !== null && {
      minTotal: minCurrency === null ? minAmount : { amount: minAmount, currency: minCurrency },
    }),
    ...(limit !== null && { limit }),
    ...(perUser !== null && { perUser }),
    ...(expiresAt !== null && { expiresAt: expiresAt.toISOString() }),
    redeemed,
  };
}

/** Why one more order of a user with the coupon in `usedByUser` orders is refused; undefined when it is not. */
export function refusal(
  coupon: Coupon | undefined,
  subtotal: Money,
  usedByUser: number,
  now: Date,
): CouponRefusal | undefined {
  if (!coupon) return 'unknown';
  if (isExpired(coupon, now)) return 'expired';
  const currency = currencyOf(coupon);
  if (currency !== null && currency !== subtotal.currency) return 'other_currency';
  if (subtotal.amount < (coupon.minAmount ?? 0)) return 'below_minimum';
  if (coupon.limit !== null && coupon.redeemed >= coupon.limit) return 'used_up';
  if (coupon.perUser !== null && usedByUser >= coupon.perUser) return 'used_by_user';
  return undefined;
}

/** The only currency whose orders may have the coupon; null: any. A fixed amount always has a currency. */
const currencyOf = ({ kind, currency, minCurrency }: Coupon): string | null =>
  currency ?? minCurrency ?? (kind === 'fixed' ? DEFAULT_CURRENCY : null);

/** The discount on a subtotal, in its currency: never more than the subtotal, and in whole cents. */
export function discount({ kind, value }: Pick<Coupon, 'kind' | 'value'>, { amount, currency }: Money): Money {
  return { amount: kind === 'fixed' ? Math.min(value, amount) : percent(amount, value), currency };
}

/** Rounded down, in integers throughout: the largest possible subtotal multiplied by 100 stays below 2^53. */
function percent(amount: number, value: number): number {
  const hundredths = amount * value;
  return (hundredths - (hundredths % 100)) / 100;
}
