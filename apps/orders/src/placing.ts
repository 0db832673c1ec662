import { OrderPlaced, type Data, type Order as OrderView, type PlaceOrder } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { cancelled } from './cancellation.js';
import { record, type Change, type Told } from './order-steps.js';
import { rejection } from './order.js';
import { answered, orderView } from './order.view.js';
import { atPrice, isRefusal, named, price, unpriced, type Priced, type Prices, type Refusal } from './pricing.js';
import { isOrder, type Order, type Row } from './tables.js';

export type Request = Data<typeof PlaceOrder>;

/**
 * Takes an order, or repeats the answer to it. One that its own customer has cancelled before it came is taken as cancelled.
 *
 * @param awaited whether the caller still waits: then a refusal is theirs to hear and leaves no trace. Otherwise they were
 *   told that the order is accepted, so it exists from then on, as rejected.
 * @throws ProblemError 409 another order has this id; 422 these lines cannot be ordered
 */
export function place(existing: Row | undefined, request: Request, prices: Prices, { awaited }: { awaited: boolean }, now: Date): Change<OrderView> {
  if (isOrder(existing)) return { reply: answerAgain(existing, request, now) };
  const priced = price(request.lines, request.flashSale ? atPrice(prices, request.flashSale.unitPrice) : prices);
  if (!isRefusal(priced)) return answered(existing?.userId === request.userId ? placedTooLate(request, priced, now) : placed(request, priced, now), now);
  if (awaited) throw ProblemError.of(422, 'Not orderable', priced.detail, { skus: priced.skus });
  return answered(refused(request, prices, priced, now), now);
}

function answerAgain(existing: Order, { userId, bodyHash }: Request, now: Date): OrderView {
  if (existing.userId === userId && existing.bodyHash === bodyHash) return orderView(existing, now);
  throw ProblemError.of(409, 'Another order has this key', 'The idempotency key was used for an order with another body.');
}

function placed(request: Request, priced: Priced, now: Date): Change {
  const order = newOrder(request, priced, now);
  const { lines, coupon } = order;
  const message: Told['message'] = (about) => OrderPlaced({ ...about, lines, subtotal: subtotalOf(order), ...(coupon !== null && { coupon }) });
  return record(order, [{ ...placement(order), message }], now);
}

/** It is cancelled as it is placed. Nobody else hears that it was placed; who hears of its end holds nothing for it. */
function placedTooLate(request: Request, priced: Priced, now: Date): Change {
  const order = newOrder(request, priced, now);
  return cancelled(order, 'customer', now, [placement(order)]);
}

function refused(request: Request, prices: Prices, { reason, skus }: Refusal, now: Date): Change {
  const lines = named(request.lines, prices);
  const order = newOrder(request, { lines, ...unpriced(lines) }, now);
  return record({ ...order, reason }, [{ type: OrderPlaced.type, detail: {} }, rejection(order, { reason, detail: { skus } })], now);
}

const placement = (order: Order): Told => ({ type: OrderPlaced.type, detail: { subtotal: subtotalOf(order) } });

const subtotalOf = ({ subtotal, currency }: Order) => ({ amount: subtotal, currency });

const newOrder = ({ orderId: id, userId, bodyHash, address, coupon, payWithinSeconds, flashSale }: Request, { lines, currency, subtotal }: Priced, now: Date): Order => {
  const asked = { id, userId, bodyHash, lines, address, coupon: coupon ?? null, payWithinSeconds: payWithinSeconds ?? null, flashSaleId: flashSale?.id ?? null, placedAt: now };
  const amounts = { currency, subtotal, discount: 0, total: subtotal };
  const nothingKnown = { couponRedeemedAt: null, allocation: null, payBy: null, paymentId: null, paidAt: null, refundedAt: null, cancellationRequestedAt: null, parcels: [] };
  return { ...asked, ...amounts, ...nothingKnown, status: 'pending', reason: null, version: 0 };
};
