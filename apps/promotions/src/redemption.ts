import {
  CouponRedeemed,
  CouponRejected,
  CouponReleased,
  type CouponRefusal,
  type Data,
  type Money,
  type OrderPlaced,
  type Outgoing,
} from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import { discount, refusal } from './coupon.js';
import type {
  Coupon,
  CouponDecision,
  CouponKeys,
  CouponState,
  CouponUse,
  GrantedRedemption,
  RejectedRedemption,
  ReleasedRedemption,
} from './tables.js';

/** An order with a coupon. */
export type Redeemer = Pick<Data<typeof OrderPlaced>, 'orderId' | 'userId'> & { coupon: string };
type Placed = Redeemer & { subtotal: Money };

/** An order that has a coupon; undefined: it has none. Only a binding of before the marks brings such a fact. */
export const withCoupon = <O extends { coupon?: string | undefined }>(
  order: O,
): (O & { coupon: string }) | undefined =>
  order.coupon === undefined ? undefined : { ...order, coupon: order.coupon };

/** The key of a user's uses of a coupon. A code has no slash, so no two share a key. */
export const useOf = ({ coupon, userId }: Pick<Redeemer, 'coupon' | 'userId'>): string => `${coupon}/${userId}`;

export const redemptionKeys = (order: Redeemer): CouponKeys => ({
  coupons: [order.coupon],
  redemptions: [order.orderId],
  uses: [useOf(order)],
});

/**
 * Redeems the coupon of an order, or refuses it with a reason. A decided order keeps its decision, which is published
 * again: the fact comes a second time when orders may have missed the reply. An order that has ended gets no coupon.
 * @param acceptedAt when the order was accepted: a coupon that was valid then is valid for it, however late it is
 * decided
 */
export function redeem(state: CouponState, order: Placed, acceptedAt: Date): CouponDecision {
  const decided = state.redemptions[order.orderId];
  if (decided) return decided.status === 'released' ? {} : { messages: [replyOf(decided)] };
  const coupon = state.coupons[order.coupon];
  const reason = refusal(coupon, order.subtotal, state.uses[useOf(order)]?.orders ?? 0, acceptedAt);
  return reason === undefined ? grant(state, order, coupon!) : reject(order, reason);
}

function grant(state: CouponState, order: Placed, coupon: Coupon): CouponDecision {
  const { orderId, userId, coupon: code } = order;
  const off = discount(coupon, order.subtotal);
  const redemption: GrantedRedemption = {
    orderId,
    userId,
    code,
    status: 'redeemed',
    discountAmount: off.amount,
    discountCurrency: off.currency,
    reason: null,
    version: 1,
  };
  return {
    state: { redemptions: { [orderId]: redemption }, ...counted(state, order, coupon, 1) },
    messages: [replyOf(redemption)],
  };
}

function replyOf(decided: GrantedRedemption | RejectedRedemption): Outgoing {
  const { orderId, userId, code, version } = decided;
  if (decided.status === 'rejected') return CouponRejected({ orderId, userId, code, reason: decided.reason, version });
  const discount = { amount: decided.discountAmount, currency: decided.discountCurrency };
  return CouponRedeemed({ orderId, userId, code, discount, version });
}

function reject({ orderId, userId, coupon: code }: Redeemer, reason: CouponRefusal): CouponDecision {
  const redemption: RejectedRedemption = {
    orderId,
    userId,
    code,
    status: 'rejected',
    discountAmount: null,
    discountCurrency: null,
    reason,
    version: 1,
  };
  return {
    state: { redemptions: { [orderId]: redemption } },
    messages: [replyOf(redemption)],
  };
}

/**
 * Releases the coupon of a cancelled or rejected order, once. If its end overtakes `order.placed`, a row is stored so
 * that nothing is redeemed for it later.
 * @throws PermanentError the order had another coupon
 */
export function release(state: CouponState, order: Redeemer): CouponDecision {
  const { orderId, userId, coupon: code } = order;
  const redemption = state.redemptions[orderId];
  if (!redemption) return { state: { redemptions: { [orderId]: neverRedeemed(order) } } };
  if (redemption.status !== 'redeemed') return {};
  const coupon = state.coupons[redemption.code];
  if (!coupon) throw new PermanentError(`order ${orderId} has redeemed ${redemption.code} and not ${code}`);
  const after: ReleasedRedemption = { ...redemption, status: 'released', version: redemption.version + 1 };
  return {
    state: { redemptions: { [orderId]: after }, ...counted(state, order, coupon, -1) },
    messages: [CouponReleased({ orderId, userId, code, version: after.version })],
  };
}

const neverRedeemed = ({ orderId, userId, coupon }: Redeemer): ReleasedRedemption => ({
  orderId,
  userId,
  code: coupon,
  status: 'released',
  discountAmount: null,
  discountCurrency: null,
  reason: null,
  version: 1,
});

/** Counts the coupon in one order more, or in one less. */
function counted(
  state: CouponState,
  order: Redeemer,
  coupon: Coupon,
  orders: 1 | -1,
): { coupons: Record<string, Coupon>; uses: Record<string, CouponUse> } {
  const use = state.uses[useOf(order)] ?? { code: coupon.code, userId: order.userId, orders: 0, version: 0 };
  return {
    coupons: { [coupon.code]: { ...coupon, redeemed: coupon.redeemed + orders, version: coupon.version + 1 } },
    uses: { [useOf(order)]: { ...use, orders: use.orders + orders, version: use.version + 1 } },
  };
}
