import {
  OrderPlaced,
  PlaceUnlisted,
  type Data,
  type Order as OrderView,
  type Outgoing,
  type PlaceOrder,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { cancelled } from './cancellation.js';
import { record, type About, type Change, type TimelineEntry } from './order-steps.js';
import { answered, orderView } from './order.view.js';
import {
  atPrice,
  isRefusal,
  named,
  offered,
  price,
  type Priced,
  type Prices,
  type Refusal,
  unpriced,
} from './pricing.js';
import { problemOf, refused, rejectedAtOnce } from './refusal.js';
import { isEarlyCancellation, isOrder, isRefused, type Order, type PendingOrder, type Row } from './tables.js';

export interface Request extends Data<typeof PlaceOrder> {
  /** Whether `order.placed` may say the total; default: true. */
  pricedAtOnce?: boolean;
}

/** Facts about the delivery of a request. */
export interface Delivered {
  /**
   * No caller waits for the reply: there was none, or its deadline has passed. The customer received 202, order
   * accepted.
   */
  unattended: boolean;
  /** Delivered again by the broker; a decision may be stored already. */
  redelivered: boolean;
  /** Inventory was queried for products without a record here: a product that is still unknown does not exist. */
  lookedUp: boolean;
  /** When the request was accepted; default: now. */
  acceptedAt?: Date;
}

/** Returns why the customer may not have these lines beside their unpaid orders. */
export type Bound = (lines: Priced['lines']) => Refusal | undefined;

/**
 * Places an order, or repeats the reply to it. If its customer cancelled it before it arrived, it is taken as
 * cancelled.
 *
 * A refusal (422; 429 when the customer has too much unpaid) is stored with its reply. It becomes a rejected order at
 * once if the customer has the order's id: the request is unattended, or was cancelled. A refused request that is
 * sent again is decided again, whatever its body. A product without a record here is never refused before inventory
 * was queried.
 *
 * @throws ProblemError 409 another order has this id
 */
export function place(
  existing: Row | undefined,
  request: Request,
  copies: Prices,
  delivered: Delivered,
  now: Date,
  bound: Bound = () => undefined,
): Change<OrderView, Row> {
  const { unattended, redelivered, lookedUp, acceptedAt } = delivered;
  if (isOrder(existing)) return { reply: repeatAnswer(existing, request, now) };
  const own = existing?.userId === request.userId ? existing : undefined;
  if (isRefused(own) && redelivered && !unattended) return { problem: problemOf(own) };
  const offers = offered(request, copies);
  const pricing = price(request.lines, request.flashSale ? atPrice(offers, request.flashSale.unitPrice) : offers);
  const priced = isRefusal(pricing) || isEarlyCancellation(own) ? pricing : (bound(pricing.lines) ?? pricing);
  if (!isRefusal(priced))
    return answered(
      isEarlyCancellation(own) ? placedTooLate(request, priced, now) : placed(request, priced, acceptedAt ?? now, now),
      now,
    );
  if (priced.reason === 'unknown_product' && !lookedUp)
    return { messages: [PlaceUnlisted(request, { delegate: true })] };
  const lines = named(request.lines, offers);
  const order = newOrder(request, { lines, ...unpriced(lines) }, now);
  return unattended || isEarlyCancellation(own) ? rejectedAtOnce(order, priced, now) : refused(order, priced, now);
}

function repeatAnswer(existing: Order, { userId, bodyHash }: Request, now: Date): OrderView {
  if (existing.userId === userId && existing.bodyHash === bodyHash) return orderView(existing, now);
  throw ProblemError.of(
    409,
    'Another order has this key',
    'The idempotency key was used for an order with another body.',
  );
}

function placed(request: Request, priced: Priced, acceptedAt: Date, now: Date): Change {
  const order = newOrder(request, priced, now);
  const message: TimelineEntry['message'] = (about) => placedFact(order, acceptedAt, about);
  return record(order, [{ message, ...placement(order) }], now);
}

/**
 * Cancels the order as it is placed. `order.placed` is not published; listeners of `order.cancelled` hold nothing for
 * it.
 */
function placedTooLate(request: Request, priced: Priced, now: Date): Change {
  const order = newOrder(request, priced, now);
  return cancelled(order, 'customer', now, [placement(order)]);
}

export function placedFact(order: Order, acceptedAt: Date, about: About): Outgoing {
  const { lines, coupon, pricedAtOnce, payWithinSeconds } = order;
  const subtotal = subtotalOf(order);
  return OrderPlaced({
    lines,
    subtotal,
    acceptedAt: acceptedAt.toISOString(),
    ...about,
    ...(coupon !== null && { coupon }),
    ...(pricedAtOnce && { total: subtotal, ...(payWithinSeconds !== null && { payWithinSeconds }) }),
  });
}

const placement = (order: PendingOrder): TimelineEntry => ({
  type: OrderPlaced.type,
  detail: { subtotal: subtotalOf(order) },
});

const subtotalOf = ({ subtotal, currency }: Order) => ({ amount: subtotal, currency });

const newOrder = (
  { orderId: id, userId, bodyHash, address, coupon, payWithinSeconds, flashSale, pricedAtOnce = true }: Request,
  { lines, currency, subtotal }: Priced,
  now: Date,
): PendingOrder => {
  const requested = {
    id,
    userId,
    bodyHash,
    lines,
    address,
    coupon: coupon ?? null,
    payWithinSeconds: payWithinSeconds ?? null,
    pricedAtOnce: pricedAtOnce && coupon === undefined && subtotal > 0,
    flashSaleId: flashSale?.id ?? null,
    placedAt: now,
  };
  const amounts = { currency, subtotal, discount: 0, total: subtotal };
  const noFactsYet = {
    couponRedeemedAt: null,
    allocation: null,
    payBy: null,
    closeRequestedAt: null,
    paymentId: null,
    paidAt: null,
    refundedAt: null,
    parcels: [],
  };
  const notCancelled = { cancellationRequestedAt: null, cancellationRefusedAt: null };
  return {
    status: 'pending',
    reason: null,
    limitReached: null,
    version: 0,
    ...requested,
    ...amounts,
    ...noFactsYet,
    ...notCancelled,
  };
};
