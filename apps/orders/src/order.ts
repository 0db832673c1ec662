import {
  ExpirePayment,
  OrderCancelled,
  OrderPlaced,
  OrderRejected,
  ParcelCreated,
  ParcelDelivered,
  ParcelDispatched,
  type Data,
  type Order as OrderView,
  type ParcelStatus,
  type PaymentCaptured,
  type PaymentRefunded,
  type PlaceOrder,
  type StockRejected,
  type StockReserved,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { learn, parcelRank, record, type Change, type Told } from './order-steps.js';
import { orderView } from './order.view.js';
import { isRefusal, named, price, unpriced, type Priced, type Prices, type Refusal } from './pricing.js';
import type { Order } from './tables.js';

export type Request = Data<typeof PlaceOrder>;

/**
 * Takes an order, or repeats the answer to it.
 *
 * @param awaited whether the caller still waits: then a refusal is theirs to hear and leaves no trace. Otherwise they were
 *   told that the order is accepted, so it exists from then on, as rejected.
 * @throws ProblemError 409 another order has this id; 422 these lines cannot be ordered
 */
export function place(existing: Order | undefined, request: Request, prices: Prices, { awaited }: { awaited: boolean }, now: Date): Change<OrderView> {
  if (existing) return { reply: answerAgain(existing, request, now) };
  const priced = price(request.lines, prices);
  if (!isRefusal(priced)) return placed(request, priced, now);
  if (awaited) throw ProblemError.of(422, 'Not orderable', priced.detail, { skus: priced.skus });
  return refused(request, prices, priced, now);
}

function answerAgain(existing: Order, { userId, bodyHash }: Request, now: Date): OrderView {
  if (existing.userId === userId && existing.bodyHash === bodyHash) return orderView(existing, now);
  throw ProblemError.of(409, 'Another order has this key', 'The idempotency key was used for an order with another body.');
}

function placed(request: Request, priced: Priced, now: Date): Change<OrderView> {
  const subtotal = { amount: priced.subtotal, currency: priced.currency };
  const told: Told = { type: OrderPlaced.type, detail: { subtotal }, message: (about) => OrderPlaced({ ...about, lines: priced.lines, subtotal }) };
  return withReply(record(newOrder(request, priced, now), [told], now), now);
}

function refused(request: Request, prices: Prices, { reason, skus }: Refusal, now: Date): Change<OrderView> {
  const lines = named(request.lines, prices);
  const order = newOrder(request, { lines, ...unpriced(lines) }, now);
  return withReply(record({ ...order, status: 'rejected', reason }, [{ type: OrderPlaced.type, detail: {} }, rejection(order, reason, skus)], now), now);
}

const withReply = (change: Change, now: Date): Change<OrderView> => ({ ...change, reply: orderView(change.order!, now) });

const newOrder = ({ orderId: id, userId, bodyHash, address }: Request, { lines, currency, subtotal }: Priced, now: Date): Order => {
  const nothingKnown = { allocation: null, payBy: null, paymentId: null, paidAt: null, refundedAt: null, parcels: [] };
  const amounts = { currency, subtotal, discount: 0, total: subtotal };
  return { id, userId, bodyHash, status: 'pending', reason: null, lines, address, placedAt: now, ...amounts, ...nothingKnown, version: 0 };
};

const rejection = ({ lines, allocation }: Order, reason: 'out_of_stock' | 'unknown_product' | 'not_orderable', skus: string[]): Told => ({
  type: OrderRejected.type,
  detail: { reason, skus },
  message: (about) => OrderRejected({ ...about, lines, allocation: allocation ?? [], reason }),
});

/** Inventory holds every line: the total is final. */
export const stockReserved = (order: Order, { allocation }: Data<typeof StockReserved>, now: Date): Change =>
  order.allocation ? {} : learn(order, { allocation }, now);

/** Inventory answers an order once, so one that has its stock is not rejected for want of it. */
export function stockRejected(order: Order, { reason, skus }: Data<typeof StockRejected>, now: Date): Change {
  if (order.status !== 'pending' || order.allocation) return {};
  return record({ ...order, status: 'rejected', reason }, [rejection(order, reason, skus)], now);
}

/** The order can be paid, so its window starts now, and a timer that ends it. */
export function payableOpened(order: Order, paymentWindowSeconds: number, now: Date): Change {
  if (order.payBy || hasEnded(order)) return {};
  const change = learn(order, { payBy: inSeconds(now, paymentWindowSeconds) }, now);
  return { ...change, messages: [...(change.messages ?? []), ExpirePayment({ orderId: order.id }, { delayMs: paymentWindowSeconds * 1_000 })] };
}

/**
 * The window is over, says its timer or the sweep: an order that is still unpaid is cancelled, and gives back what it holds.
 * One whose window is not over by this clock stays: clocks differ, and the sweep comes back.
 */
export function expire(order: Order, now: Date): Change {
  if (hasEnded(order) || order.paymentId || !order.payBy || now.getTime() < order.payBy.getTime() - CLOCK_SKEW_MS) return {};
  return record({ ...order, status: 'cancelled', reason: 'payment_timeout' }, [cancellation(order, 'payment_timeout')], now);
}

/** Between two machines whose time is kept; a timer never comes early by more than this. */
const CLOCK_SKEW_MS = 1_000;

const hasEnded = ({ status }: Order): boolean => status === 'rejected' || status === 'cancelled';

const cancellation = ({ lines, allocation }: Order, reason: 'payment_timeout'): Told => ({
  type: OrderCancelled.type,
  detail: { reason },
  message: (about) => OrderCancelled({ ...about, lines, allocation: allocation ?? [], reason }),
});

/** The money of a cancelled order is on its way back. */
export const refunded = (order: Order, { amount }: Data<typeof PaymentRefunded>, now: Date): Change =>
  order.refundedAt ? {} : record({ ...order, refundedAt: now }, [{ type: 'payment.refunded', detail: { amount } }], now);

/** The money is there. It may be known before `payable.opened` is: the window then ends as it starts. */
export const paymentCaptured = (order: Order, { paymentId }: Data<typeof PaymentCaptured>, now: Date): Change =>
  order.paymentId ? {} : learn(order, { paymentId, paidAt: now, payBy: order.payBy ?? now }, now);

const PARCEL_FACTS = [ParcelCreated, ParcelDispatched, ParcelDelivered];

/** A parcel is at least this far. What was overtaken is told with it: what has arrived has left. */
export function parcelMoved(order: Order, status: ParcelStatus, { parcelId, warehouse, lines }: Data<typeof ParcelCreated>, now: Date): Change {
  const others = order.parcels.filter(({ id }) => id !== parcelId);
  const from = parcelRank(order.parcels.find(({ id }) => id === parcelId)?.status) + 1;
  const told = PARCEL_FACTS.slice(from, parcelRank(status) + 1).map(({ type }): Told => ({ type, detail: { parcelId, warehouse } }));
  if (told.length === 0) return {};
  const parcels = [...others, { id: parcelId, warehouse, status, lines }].sort((a, b) => (a.warehouse < b.warehouse ? -1 : 1));
  return learn(order, { parcels }, now, told);
}

const inSeconds = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1_000);
