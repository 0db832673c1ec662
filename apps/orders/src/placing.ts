import { OrderPlaced, PlaceUnlisted, type Data, type Order as OrderView, type PlaceOrder } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { cancelled } from './cancellation.js';
import { record, type Change, type TimelineEntry } from './order-steps.js';
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
import { isEarlyCancellation, isOrder, isRefused, type Order, type Row } from './tables.js';

export type Request = Data<typeof PlaceOrder>;

/** What is known about the delivery of a request. */
export interface Delivered {
  /** Nobody waits for the answer: nobody ever did, or their deadline has passed. They were told that the order is accepted. */
  unattended: boolean;
  /** The broker delivers it again; it may have been decided before. */
  redelivered: boolean;
  /** Inventory was asked for the products that nobody here knew: what is unknown now is no product. */
  lookedUp: boolean;
  /** When the request was accepted; default: now. */
  acceptedAt?: Date;
}

/** Why the customer may not have these lines beside what they have unpaid. */
export type Bound = (lines: Priced['lines']) => Refusal | undefined;

/**
 * Takes an order, or repeats the answer to it. One that its own customer has cancelled before it came is taken as cancelled.
 * A refusal (422; 429 when the customer has too much unpaid) is stored with its answer. It is a rejected order at once when the customer knows of the order: the request
 * is unattended, or they have cancelled it. A refused request that is sent again is decided again, whatever its body.
 * Nothing is decided about a product that is unknown here before inventory was asked for it.
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
  const asked = price(request.lines, request.flashSale ? atPrice(offers, request.flashSale.unitPrice) : offers);
  const priced = isRefusal(asked) || isEarlyCancellation(own) ? asked : (bound(asked.lines) ?? asked);
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
  const { lines, coupon } = order;
  const message: TimelineEntry['message'] = (about) =>
    OrderPlaced({
      ...about,
      lines,
      subtotal: subtotalOf(order),
      ...(coupon !== null && { coupon }),
      acceptedAt: acceptedAt.toISOString(),
    });
  return record(order, [{ ...placement(order), message }], now);
}

/** It is cancelled as it is placed. Nobody else hears that it was placed; who hears of its end holds nothing for it. */
function placedTooLate(request: Request, priced: Priced, now: Date): Change {
  const order = newOrder(request, priced, now);
  return cancelled(order, 'customer', now, [placement(order)]);
}

const placement = (order: Order): TimelineEntry => ({
  type: OrderPlaced.type,
  detail: { subtotal: subtotalOf(order) },
});

const subtotalOf = ({ subtotal, currency }: Order) => ({ amount: subtotal, currency });

const newOrder = (
  { orderId: id, userId, bodyHash, address, coupon, payWithinSeconds, flashSale }: Request,
  { lines, currency, subtotal }: Priced,
  now: Date,
): Order => {
  const asked = {
    id,
    userId,
    bodyHash,
    lines,
    address,
    coupon: coupon ?? null,
    payWithinSeconds: payWithinSeconds ?? null,
    flashSaleId: flashSale?.id ?? null,
    placedAt: now,
  };
  const amounts = { currency, subtotal, discount: 0, total: subtotal };
  const nothingKnown = {
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
    ...asked,
    ...amounts,
    ...nothingKnown,
    ...notCancelled,
    status: 'pending',
    reason: null,
    limitReached: null,
    version: 0,
  };
};
