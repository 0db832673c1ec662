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
  type StockRejected,
  type StockReserved,
} from '@sluice/contracts';
import {
  hasEnded,
  applyFacts,
  byWarehouse,
  parcelRank,
  record,
  type Change,
  type ParcelProgress,
  type TimelineEntry,
} from './order-steps.js';
import type { Order, OrderRow, PendingOrder } from './tables.js';

/** On `stock.reserved`: inventory holds every line. */
export function stockReserved(order: Order, { allocation }: Data<typeof StockReserved>, now: Date): Change {
  if (order.allocation) return {};
  const warehouses = [...new Set(allocation.map(({ warehouse }) => warehouse))].sort();
  return applyFacts(order, { allocation }, now, [{ type: 'stock.reserved', detail: { warehouses } }]);
}

/**
 * On `stock.rejected`. Inventory decides an order once, so an order that has its stock is not rejected for lack of
 * it.
 */
export const stockRejected = (order: Order, { reason, skus }: Data<typeof StockRejected>, now: Date): Change =>
  order.status !== 'pending' || order.allocation ? {} : rejected(order, { reason, detail: { skus } }, now);

/** On `coupon.redeemed`: the discount is final. Promotions may reply before inventory does. */
export function couponRedeemed(order: Order, { code, discount }: Data<typeof CouponRedeemed>, now: Date): Change {
  if (order.coupon === null || order.couponRedeemedAt) return {};
  const priced = { couponRedeemedAt: now, discount: discount.amount, total: order.subtotal - discount.amount };
  return applyFacts(order, priced, now, [{ type: 'coupon.redeemed', detail: { code, discount } }]);
}

/**
 * On `coupon.rejected`. Promotions decides an order once, too. No order is sold without the discount its customer
 * expected.
 */
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
  /** Fields of the timeline entry beside the reason. */
  detail: Record<string, unknown>;
  couponReason?: Data<typeof CouponRejected>['reason'];
}

const rejected = (order: PendingOrder, obstacle: Obstacle, now: Date): Change =>
  record({ ...order, reason: obstacle.reason }, [rejection(order, obstacle)], now);

/** Names all that other services may hold for the order, whether their facts have arrived or not. */
export const rejection = (
  { lines, allocation, coupon, limitReached: limit }: OrderRow,
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

/**
 * The window is extended if `payable.opened` arrived later than this, or later than a tenth of the window.
 * Milliseconds.
 */
const SHORTENED_BY_MS = 5_000;

/**
 * On `payable.opened`: the window has begun, and a timer is started for its end. The customer sees the window only
 * now; if the fact was delayed, the window is extended to its full length. A free order is paid already and has no
 * window.
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
 * On `payment.captured`. If it overtakes `payable.opened`, the window ends as it starts. Payments refunds the money
 * of an order that has ended; that it was taken is recorded and published.
 */
export function paymentCaptured(order: Order, { paymentId, amount }: Data<typeof PaymentCaptured>, now: Date): Change {
  if (order.paymentId) return {};
  const paid = { paymentId, paidAt: now };
  return hasEnded(order)
    ? record({ ...order, ...paid }, [paidTooLate(amount)], now)
    : applyFacts(order, { ...paid, payBy: order.payBy ?? now }, now);
}

export const paidTooLate = (amount: Money): TimelineEntry => ({
  type: OrderPaidTooLate.type,
  detail: { amount },
  message: (about) => OrderPaidTooLate({ ...about, amount }),
});

const PARCEL_FACTS = [ParcelCreated, ParcelDispatched, ParcelDelivered];

/**
 * A parcel has at least this status. Statuses whose facts were overtaken are recorded as well: what has arrived has
 * left.
 */
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
  const parcels = byWarehouse([...others, { id: parcelId, warehouse, status, lines }]);
  return applyFacts(order, { parcels }, now, entries);
}
