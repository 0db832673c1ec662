import { z } from 'zod';
import { Allocation, ProductVersion } from './inventory.js';
import { command, event, query } from './kit/message.js';
import { CouponRefusal } from './promotions.js';
import { Id, Instant, page, PageRequest } from './kit/values.js';
import { Address, CouponCode, Money, NewAddress, Quantity, Sku, Warehouse } from './values.js';

export const OrderStatus = z.enum([
  'pending',
  'awaiting_payment',
  'paid',
  'shipped',
  'completed',
  'rejected',
  'cancelled',
]);
export type OrderStatus = z.infer<typeof OrderStatus>;
/**
 * `not_orderable`: the lines cannot be one order (two currencies, an amount beyond the limits), or, when there is a
 * `limit`, the customer has too many unpaid orders or pieces. `processing_timeout`: the order was not ready for its
 * payment in time.
 */
export const OrderReason = z.enum([
  'out_of_stock',
  'coupon_rejected',
  'payment_timeout',
  'customer',
  'unknown_product',
  'not_orderable',
  'processing_timeout',
]);
export type OrderReason = z.infer<typeof OrderReason>;
/** The limit that the order exceeds: unpaid orders, or unpaid pieces, of one account. */
export const UnpaidLimit = z.enum(['unpaid_orders', 'unpaid_pieces']);
export type UnpaidLimit = z.infer<typeof UnpaidLimit>;

export const RequestedLine = z.strictObject({ sku: Sku, quantity: Quantity });
export const NewOrder = z.strictObject({
  lines: z.array(RequestedLine).min(1).max(100),
  coupon: CouponCode.optional(),
  address: NewAddress,
});
export const OrderLine = z.object({ sku: Sku, name: z.string(), quantity: Quantity, unitPrice: Money });
export type OrderLine = z.infer<typeof OrderLine>;
/** `halted`: its order was cancelled before the parcel left the warehouse; the parcel will never leave. */
export const ParcelStatus = z.enum(['preparing', 'dispatched', 'delivered', 'halted']);
export type ParcelStatus = z.infer<typeof ParcelStatus>;

/** The order as its customer sees it. */
export const Order = z.object({
  id: Id,
  status: OrderStatus,
  reason: OrderReason.optional(),
  limit: UnpaidLimit.optional().describe(
    'Rejected as `not_orderable`, because the account had too many unpaid orders, or pieces in them',
  ),
  lines: z.array(OrderLine.extend({ warehouse: Warehouse.optional() })),
  subtotal: Money,
  discount: Money,
  total: Money,
  coupon: CouponCode.optional(),
  address: Address,
  placedAt: Instant,
  payBy: Instant.optional(),
  secondsLeft: z.int().min(0).optional(),
  paidAt: Instant.optional(),
  refundedAt: Instant.optional(),
  flashSaleId: Id.optional(),
  /** The customer has requested the cancellation, and the parcels are being halted. */
  cancellationRequestedAt: Instant.optional(),
  parcels: z.array(
    z.object({
      id: Id,
      warehouse: Warehouse,
      status: ParcelStatus,
      lines: z.array(z.object({ sku: Sku, quantity: z.int() })),
    }),
  ),
});
export type Order = z.infer<typeof Order>;

/** Entry of the timeline with the order's status after it. `version` is its position, and the id of the live event. */
export const OrderChange = z.object({
  version: z.int(),
  at: Instant,
  type: z.string(),
  detail: z.record(z.string(), z.unknown()),
  status: OrderStatus,
});
export type OrderChange = z.infer<typeof OrderChange>;
export const Timeline = z.object({
  events: z.array(z.object({ at: Instant, type: z.string(), detail: z.record(z.string(), z.unknown()) })),
});

/** Payment window in seconds, at most 30 days. Whole seconds, because each length has its own delay queue. */
export const PaymentWindow = z.int().min(1).max(2_592_000);

/**
 * `shown`: name and price of the products as the shop showed them when it accepted the request, as far as the sender
 * has them. The order uses these.
 */
const placing = NewOrder.strip().extend({
  address: Address,
  orderId: Id,
  userId: Id,
  bodyHash: z.string(),
  shown: z.array(ProductVersion).max(100).optional(),
  payWithinSeconds: PaymentWindow.optional(),
  verified: z.boolean().optional(),
  flashSale: z.object({ id: Id, unitPrice: Money }).optional(),
});

export const PlaceOrder = command('orders.place', placing, {
  reply: Order,
  about:
    'Place an order under an id that the caller made, so that asking again is harmless. `bodyHash` tells a repeat ' +
    'from another order under the same id. `shown` is what the customer was shown of the products: each is sold ' +
    "with that name and price; one that is not in it as orders knows it. `payWithinSeconds` is the order's own " +
    "payment window; `flashSale` the sale whose pieces and price it takes; `verified` that the user's phone is, " +
    'which orders also hears of. Problems: 409 same id, other body; 429 with `limit`: the user has too much ' +
    'unpaid, kept like a 422; 422 unknown product: the refusal is kept under the id, and is a rejected order once ' +
    'somebody looks for it.',
});

export const PlaceUnlisted = command('orders.place-unlisted', placing, {
  reply: Order,
  about:
    'The same for an order with a product that orders has not heard of: inventory is asked for it first, and the ' +
    'order waits until inventory answers. Sent by orders to itself; answers the caller of `orders.place`.',
});

export const CancelOrder = command('orders.cancel', z.object({ orderId: Id, userId: Id }), {
  reply: Order,
  about:
    'Before the payment free; after it the parcels are halted first, all or none, and the order that is answered ' +
    'says so by `cancellationRequestedAt`. One that is cancelled already stays so. Problems: 404, also for ' +
    "somebody else's: an order of the same user that comes later is taken as cancelled; 409 too late.",
});

export const ExpirePayment = command('orders.expire-payment', z.object({ orderId: Id }), {
  waitsIn: 'orders.payment-window',
  about:
    "The order's payment window is over: if it is still unpaid, payments is asked to close its payable. Waits out " +
    'the window in a queue of its own, which orders declares.',
});

/** Orders that the caller may see: their own, or all orders if `anyUser` (the caller is an admin). */
const viewer = { userId: Id, anyUser: z.boolean().default(false) };
export const GetOrder = query('orders.order', z.object({ orderId: Id, ...viewer }), Order, {
  about: "Problems: 404, also for somebody else's.",
});
export const GetTimeline = query('orders.timeline', z.object({ orderId: Id, ...viewer }), Timeline);
export const GetOrderChanges = query(
  'orders.changes',
  z.object({ orderId: Id, after: z.int().min(0).default(0), ...viewer }),
  z.object({ order: Order, changes: z.array(OrderChange) }),
  {
    about:
      'What has happened to an order after a version of it, and the order as it is now. Problems: 404, also for ' +
      "somebody else's.",
  },
);
export const FindChangedOrders = query(
  'orders.changed',
  z.object({ orders: z.array(z.object({ orderId: Id, after: z.int().min(0) })).max(1_000) }),
  z.object({ changed: z.array(z.object({ orderId: Id, userId: Id, version: z.int() })) }),
  {
    about:
      'Those of many orders that have a later version than that one. `userId` is whose order it is: the caller decides ' +
      'who may hear of it.',
  },
);
export const ListOrders = query(
  'orders.list',
  PageRequest.extend({ userId: Id, status: OrderStatus.optional() }),
  page(Order),
);

/** Marks of facts that concern few orders: promotions and flash-sale take only those. */
const OF_SALE = { 'flash-sale': ({ flashSaleId }: { flashSaleId?: string | undefined }) => flashSaleId !== undefined };
/** Its total is final at once: payments opens its payable while inventory reserves the stock. */
const PRICED = { priced: ({ total }: { total?: Money | undefined }) => total !== undefined };
const WITH_COUPON = { coupon: ({ coupon }: { coupon?: string | undefined }) => coupon !== undefined };

/** `flashSaleId`: the sale from which the pieces are taken. */
const fact = { orderId: Id, userId: Id, version: z.int(), flashSaleId: Id.optional() };
const goods = { lines: z.array(OrderLine), allocation: Allocation };

export const OrderPlaced = event(
  'order.placed',
  z.object({
    ...fact,
    lines: z.array(OrderLine),
    subtotal: Money,
    coupon: CouponCode.optional(),
    acceptedAt: Instant.optional(),
    total: Money.optional(),
    payWithinSeconds: PaymentWindow.optional(),
  }),
  {
    marks: { ...WITH_COUPON, ...PRICED },
    about:
      'It is taken. `acceptedAt` is when its customer asked for it, which may be long before: what was good then, ' +
      'such as a coupon, is good for it. `total` is there if it is final and to be paid: no coupon can change it, so ' +
      '`order.priced` does not follow. `payWithinSeconds` is how long it can be paid.',
  },
);
export const OrderPriced = event(
  'order.priced',
  z.object({ ...fact, total: Money, payWithinSeconds: PaymentWindow.optional() }),
  {
    about:
      'Of an order with a coupon: stock is held, the coupon is redeemed, and the total is final. `payWithinSeconds` is ' +
      'how long it can be paid from the opening of its payable on.',
  },
);
export const OrderAwaitingPayment = event(
  'order.awaiting_payment',
  z.object({ ...fact, total: Money, payBy: Instant }),
  { optional: true },
);
export const OrderRejected = event(
  'order.rejected',
  z.object({
    ...fact,
    ...goods,
    reason: OrderReason,
    limit: UnpaidLimit.optional(),
    coupon: CouponCode.optional(),
    couponReason: CouponRefusal.optional(),
  }),
  {
    marks: { ...OF_SALE, ...WITH_COUPON },
    about: 'Something stood against it, and what others hold for it goes back: stock, coupon.',
  },
);
export const OrderPaid = event('order.paid', z.object({ ...fact, ...goods, total: Money, address: Address }), {
  marks: OF_SALE,
});
export const OrderShipped = event('order.shipped', z.object(fact), { optional: true });
export const OrderCompleted = event('order.completed', z.object({ ...fact, total: Money }), { optional: true });
export const OrderCancelled = event(
  'order.cancelled',
  z.object({ ...fact, ...goods, reason: OrderReason, coupon: CouponCode.optional() }),
  {
    marks: { ...OF_SALE, ...WITH_COUPON },
    about: 'What it held goes back: stock, coupon, and its money if it was paid.',
  },
);
export const OrderPaidTooLate = event('order.paid_too_late', z.object({ ...fact, amount: Money }), {
  about: 'Money was taken for an order that had ended, so it goes back; `payment.refunded` tells when.',
});
export const OrderCancellationRefused = event('order.cancellation_refused', z.object(fact), {
  about: 'The customer wanted to cancel a paid order, and a parcel of it had left: the order goes on.',
});
