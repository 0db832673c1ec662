import {
  ExpirePayment,
  ExtendPayable,
  OrderPaidTooLate,
  OrderRejected,
  ParcelCreated,
  ParcelDelivered,
  ParcelDispatched,
  type CouponRedeemed,
  type CouponRejected,
  type Data,
  type Money,
  type OrderReason,
  type PayableOpened,
  type PaymentCaptured,
  type PaymentRefunded,
  type StockRejected,
  type StockReserved,
} from '@sluice/contracts';
import {
  hasEnded,
  applyFacts,
  parcelRank,
  record,
  type Change,
  type ParcelProgress,
  type TimelineEntry,
} from './order-steps.js';
import type { Order } from './tables.js';

/** Inventory holds every line. */
export function stockReserved(order: Order, { allocation }: Data<typeof StockReserved>, now: Date): Change {
  if (order.allocation) return {};
  const warehouses = [...new Set(allocation.map(({ warehouse }) => warehouse))].sort();
  return applyFacts(order, { allocation }, now, [{ type: 'stock.reserved', detail: { warehouses } }]);
}

/** Inventory answers an order once, so one that has its stock is not rejected for want of it. */
export const stockRejected = (order: Order, { reason, skus }: Data<typeof StockRejected>, now: Date): Change =>
  order.status !== 'pending' || order.allocation ? {} : rejected(order, { reason, detail: { skus } }, now);

/** The coupon is used for this order, so what it costs is known. Promotions may answer before inventory does. */
export function couponRedeemed(order: Order, { code, discount }: Data<typeof CouponRedeemed>, now: Date): Change {
  if (order.coupon === null || order.couponRedeemedAt) return {};
  const known = { couponRedeemedAt: now, discount: discount.amount, total: order.subtotal - discount.amount };
  return applyFacts(order, known, now, [{ type: 'coupon.redeemed', detail: { code, discount } }]);
}

/** Promotions answers an order once, too. An order is not sold without the discount that its customer counted on. */
export function couponRejected(order: Order, { code, reason }: Data<typeof CouponRejected>, now: Date): Change {
  if (order.status !== 'pending' || order.coupon === null || order.couponRedeemedAt) return {};
  return rejected(
    order,
    { reason: 'coupon_rejected', detail: { coupon: code, couponReason: reason }, couponReason: reason },
    now,
  );
}

interface Obstacle {
  reason: OrderReason;
  /** What the timeline says beside the reason. */
  detail: Record<string, unknown>;
  couponReason?: Data<typeof CouponRejected>['reason'];
}

const rejected = (order: Order, obstacle: Obstacle, now: Date): Change =>
  record({ ...order, reason: obstacle.reason }, [rejection(order, obstacle)], now);

/** Names all that others may hold for the order, whether they have said so yet or not. */
export const rejection = (
  { lines, allocation, coupon, limitReached: limit }: Order,
  { reason, detail, couponReason }: Obstacle,
): TimelineEntry => ({
  type: OrderRejected.type,
  detail: { reason, ...detail },
  status: 'rejected',
  message: (about) =>
    OrderRejected({
      ...about,
      lines,
      allocation: allocation ?? [],
      reason,
      ...(limit && { limit }),
      ...(coupon !== null && { coupon }),
      ...(couponReason && { couponReason }),
    }),
});

/** A window is extended when `payable.opened` took longer than this, or a tenth of the window. Milliseconds. */
const SHORTENED_BY_MS = 5_000;

/**
 * The order can be paid: its window has begun, and a timer is started for its end. The customer sees this only now; if the fact
 * was delayed, the window is extended to its full length. An order that is paid has no window: there was nothing to pay.
 */
export function payableOpened(
  order: Order,
  opened: Pick<Data<typeof PayableOpened>, 'payBy'>,
  usualWindowSeconds: number,
  now: Date,
): Change {
  if (order.payBy || order.paidAt || hasEnded(order)) return {};
  const delayMs = (order.payWithinSeconds ?? usualWindowSeconds) * 1_000;
  const full = new Date(now.getTime() + delayMs);
  const begun = opened.payBy === undefined ? full : new Date(opened.payBy);
  const isShort = full.getTime() - begun.getTime() > Math.min(SHORTENED_BY_MS, delayMs / 10);
  const { messages = [], ...change } = applyFacts(order, { payBy: isShort ? full : begun }, now);
  const extended = isShort ? [ExtendPayable({ orderId: order.id, payBy: full.toISOString() })] : [];
  return { ...change, messages: [...messages, ...extended, ExpirePayment({ orderId: order.id }, { delayMs })] };
}

/**
 * The money is there. It may be known before `payable.opened` is: the window then ends as it starts. Money of an order that has
 * ended is refunded by payments; that it was taken is recorded and published.
 */
export function paymentCaptured(order: Order, { paymentId, amount }: Data<typeof PaymentCaptured>, now: Date): Change {
  if (order.paymentId) return {};
  const paid = { paymentId, paidAt: now };
  return hasEnded(order)
    ? record({ ...order, ...paid }, [paidTooLate(amount)], now)
    : applyFacts(order, { ...paid, payBy: order.payBy ?? now }, now);
}

const paidTooLate = (amount: Money): TimelineEntry => ({
  type: OrderPaidTooLate.type,
  detail: { amount },
  message: (about) => OrderPaidTooLate({ ...about, amount }),
});

/** The money of a cancelled order is on its way back. If this overtook `payment.captured`, both are recorded. */
export function refunded(order: Order, { paymentId, amount }: Data<typeof PaymentRefunded>, now: Date): Change {
  if (order.refundedAt) return {};
  const refund: TimelineEntry = { type: 'payment.refunded', detail: { amount } };
  if (order.paymentId) return record({ ...order, refundedAt: now }, [refund], now);
  return record({ ...order, paymentId, paidAt: now, refundedAt: now }, [paidTooLate(amount), refund], now);
}

const PARCEL_FACTS = [ParcelCreated, ParcelDispatched, ParcelDelivered];

/** A parcel is at least this far. What was overtaken is told with it: what has arrived has left. */
export function parcelMoved(
  order: Order,
  status: ParcelProgress,
  { parcelId, warehouse, lines }: Data<typeof ParcelCreated>,
  now: Date,
): Change {
  const others = order.parcels.filter(({ id }) => id !== parcelId);
  const from = parcelRank(order.parcels.find(({ id }) => id === parcelId)?.status) + 1;
  const entries = PARCEL_FACTS.slice(from, parcelRank(status) + 1).map(({ type }): TimelineEntry => ({
    type,
    detail: { parcelId, warehouse },
  }));
  if (entries.length === 0) return {};
  const parcels = [...others, { id: parcelId, warehouse, status, lines }].sort((a, b) =>
    a.warehouse < b.warehouse ? -1 : 1,
  );
  return applyFacts(order, { parcels }, now, entries);
}
