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
  isPriced,
  parcelRank,
  record,
  type Change,
  type OrderFacts,
  type ParcelProgress,
  type TimelineEntry,
} from './order-steps.js';
import type { Order, OrderRow, PendingOrder } from './tables.js';

/** On `stock.reserved`: inventory holds every line. If the payable is open already, the window begins now. */
export function stockReserved(
  order: Order,
  { allocation }: Data<typeof StockReserved>,
  usualWindowSeconds: number,
  now: Date,
): Change {
  if (order.allocation) return {};
  const warehouses = [...new Set(allocation.map(({ warehouse }) => warehouse))].sort();
  return inWindow({ ...order, allocation }, usualWindowSeconds, now, (facts) =>
    applyFacts(order, { allocation, ...facts }, now, [{ type: 'stock.reserved', detail: { warehouses } }]),
  );
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
  record({ ...order, reason: obstacle.reason }, [rejection(order, obstacle), ...paidTooEarly(order)], now);

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
 * The window is extended if the order becomes payable later than this after the opening of its payable, or later than a
 * tenth of the window. An overloaded system keeps orders waiting for seconds, and need not extend each. Milliseconds.
 */
const SHORTENED_BY_MS = 60_000;

/**
 * On `payable.opened`. It may come before `stock.reserved`: payments opens the payable while inventory reserves. A free
 * order is paid already and has no window.
 */
export function payableOpened(
  order: Order,
  opened: Pick<Data<typeof PayableOpened>, 'payBy'>,
  usualWindowSeconds: number,
  now: Date,
): Change {
  if (order.payBy || order.paidAt || hasEnded(order)) return {};
  const payBy = opened.payBy === undefined ? windowEnd(order, usualWindowSeconds, now) : new Date(opened.payBy);
  return inWindow({ ...order, payBy }, usualWindowSeconds, now, (facts) => applyFacts(order, { payBy, ...facts }, now));
}

/**
 * Begins the payment window, with a timer for its end, if the order is payable with its new facts. The customer sees
 * the window only now: if the payable was opened some time before, the window is extended to its full length.
 *
 * @param after the order with its new facts
 */
function inWindow(
  after: OrderRow,
  usualWindowSeconds: number,
  now: Date,
  apply: (facts: Partial<OrderFacts>) => Change,
): Change {
  const { id: orderId, payBy, paidAt } = after;
  if (!isPriced(after) || !payBy || paidAt || hasEnded(after)) return apply({});
  const full = windowEnd(after, usualWindowSeconds, now);
  const delayMs = full.getTime() - now.getTime();
  const isShort = full.getTime() - payBy.getTime() > Math.min(SHORTENED_BY_MS, delayMs / 10);
  const { messages = [], ...change } = apply(isShort ? { payBy: full } : {});
  const extended = isShort ? [ExtendPayable({ orderId, payBy: full.toISOString() })] : [];
  return { ...change, messages: [...messages, ...extended, ExpirePayment({ orderId }, { delayMs })] };
}

const windowEnd = ({ payWithinSeconds }: OrderRow, usualWindowSeconds: number, now: Date): Date =>
  new Date(now.getTime() + (payWithinSeconds ?? usualWindowSeconds) * 1_000);

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

/** A payable is open before the stock is held: an order that was paid and ends now says that its money was taken. */
export const paidTooEarly = ({ status, paymentId, total: amount, currency }: OrderRow): TimelineEntry[] =>
  status === 'pending' && paymentId !== null ? [paidTooLate({ amount, currency })] : [];

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
