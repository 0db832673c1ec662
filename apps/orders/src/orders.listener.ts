import { Controller, Inject } from '@nestjs/common';
import {
  AccountVerified,
  CancelOrder,
  CouponRedeemed,
  CouponRejected,
  ExpirePayment,
  GetOrder,
  GetOrderChanges,
  GetTimeline,
  ListOrders,
  ParcelCreated,
  ParcelDelivered,
  ParcelDispatched,
  ParcelsHalted,
  ParcelsLeft,
  PayableOpened,
  PayableVoided,
  PaymentCaptured,
  PaymentRefunded,
  PlaceOrder,
  PlaceUnlisted,
  ProductChanged,
  StockRejected,
  StockReserved,
  type Data,
  type Message,
} from '@sluice/contracts';
import { decisionTime, On, ProblemError } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { cancel, parcelsHalted, parcelsLeft } from './cancellation.js';
import type { OrdersConfig } from './config.js';
import { Customers } from './customers.js';
import { expire, lapsed } from './deadlines.js';
import {
  couponRedeemed,
  couponRejected,
  parcelMoved,
  payableOpened,
  paymentCaptured,
  refunded,
  stockRejected,
  stockReserved,
} from './order.js';
import { OrderQueries } from './order.queries.js';
import { OrderRepository } from './order.repository.js';
import { place, type Delivered } from './placing.js';
import { ProductCopies } from './product-copies.js';
import { ProductLookup } from './product-lookup.js';

/** Concurrent lookups at inventory. They have their own queue: while inventory is down, all other orders are placed. */
const LOOKUPS_AT_ONCE = 20;

@Controller()
export class OrdersListener {
  constructor(
    private readonly orders: OrderRepository,
    private readonly queries: OrderQueries,
    private readonly products: ProductCopies,
    private readonly lookup: ProductLookup,
    private readonly customers: Customers,
    @Inject(CONFIG) private readonly config: OrdersConfig,
  ) {}

  @On(PlaceOrder)
  placeOrder(message: Message<typeof PlaceOrder>) {
    const request = {
      ...message.data,
      payWithinSeconds: message.data.payWithinSeconds ?? this.config.PAYMENT_WINDOW_SECONDS,
    };
    return this.orders.place(message, (row, prices, now, bound) =>
      place(row, request, prices, delivered(message, now), now, bound),
    );
  }

  @On(PlaceUnlisted, { queue: 'lookups', prefetch: LOOKUPS_AT_ONCE })
  async placeUnlisted(message: Message<typeof PlaceUnlisted>) {
    const request = await this.lookup.completed(message.data);
    return this.orders.place(message, (row, prices, now, bound) =>
      place(row, request, prices, { ...delivered(message, now), lookedUp: true }, now, bound),
    );
  }

  @On(CancelOrder)
  cancelOrder(message: Message<typeof CancelOrder>) {
    return this.orders.cancel(message, (row, now) => cancel(row, message.data, now));
  }

  @On(AccountVerified)
  accountVerified(message: Message<typeof AccountVerified>) {
    return this.customers.verified(message);
  }

  @On(ProductChanged)
  productChanged(message: Message<typeof ProductChanged>) {
    return this.products.change(message);
  }

  @On(StockReserved)
  stockReserved(message: Message<typeof StockReserved>) {
    return this.orders.change(message, (order, now) => stockReserved(order, message.data, now));
  }

  @On(StockRejected)
  stockRejected(message: Message<typeof StockRejected>) {
    return this.orders.change(message, (order, now) => stockRejected(order, message.data, now));
  }

  @On(CouponRedeemed)
  couponRedeemed(message: Message<typeof CouponRedeemed>) {
    return this.orders.change(message, (order, now) => couponRedeemed(order, message.data, now));
  }

  @On(CouponRejected)
  couponRejected(message: Message<typeof CouponRejected>) {
    return this.orders.change(message, (order, now) => couponRejected(order, message.data, now));
  }

  @On(PayableOpened)
  payableOpened(message: Message<typeof PayableOpened>) {
    return this.orders.change(message, (order, now) =>
      payableOpened(order, message.data, this.config.PAYMENT_WINDOW_SECONDS, now),
    );
  }

  @On(PayableVoided)
  payableVoided(message: Message<typeof PayableVoided>) {
    return this.orders.change(message, lapsed);
  }

  @On(PaymentCaptured)
  paymentCaptured(message: Message<typeof PaymentCaptured>) {
    return this.orders.change(message, (order, now) => paymentCaptured(order, message.data, now));
  }

  @On(ExpirePayment)
  expirePayment(message: Message<typeof ExpirePayment>) {
    return this.orders.change(message, expire);
  }

  @On(PaymentRefunded)
  paymentRefunded(message: Message<typeof PaymentRefunded>) {
    return this.orders.change(message, (order, now) => refunded(order, message.data, now));
  }

  @On(ParcelCreated)
  parcelCreated(message: Message<typeof ParcelCreated>) {
    return this.orders.change(message, (order, now) => parcelMoved(order, 'preparing', message.data, now));
  }

  @On(ParcelDispatched)
  parcelDispatched(message: Message<typeof ParcelDispatched>) {
    return this.orders.change(message, (order, now) => parcelMoved(order, 'dispatched', message.data, now));
  }

  @On(ParcelDelivered)
  parcelDelivered(message: Message<typeof ParcelDelivered>) {
    return this.orders.change(message, (order, now) => parcelMoved(order, 'delivered', message.data, now));
  }

  @On(ParcelsHalted)
  parcelsHalted(message: Message<typeof ParcelsHalted>) {
    return this.orders.change(message, (order, now) => parcelsHalted(order, message.data, now));
  }

  @On(ParcelsLeft)
  parcelsLeft(message: Message<typeof ParcelsLeft>) {
    return this.orders.change(message, parcelsLeft);
  }

  @On(GetOrder)
  getOrder({ data }: Message<typeof GetOrder>) {
    return this.#query(data, () => this.queries.order(data));
  }

  @On(GetOrderChanges)
  getOrderChanges({ data }: Message<typeof GetOrderChanges>) {
    return this.#query(data, () => this.queries.changes(data));
  }

  @On(GetTimeline)
  getTimeline({ data }: Message<typeof GetTimeline>) {
    return this.#query(data, () => this.queries.timeline(data));
  }

  @On(ListOrders)
  listOrders({ data }: Message<typeof ListOrders>) {
    return this.queries.list(data);
  }

  /** Reads an order; a refused request becomes a rejected order first. */
  async #query<R>(query: Data<typeof GetOrder>, read: () => Promise<R>): Promise<R> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ProblemError) || !(await this.queries.wasRefused(query))) throw error;
      await this.orders.disclose(query);
      return read();
    }
  }
}

/**
 * The deadline is only a hint: a caller who left before it, or who did not receive the reply, still finds the order
 * by its id.
 */
function delivered(message: Message, now: Date): Delivered {
  const { reply, deadline, redelivered = false } = message;
  const unattended = reply === undefined || (deadline !== undefined && Date.now() >= deadline);
  return { unattended, redelivered, lookedUp: false, acceptedAt: decisionTime(message, now) };
}
