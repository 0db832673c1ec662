import { Controller, Inject } from '@nestjs/common';
import {
  AccountVerified,
  CancelOrder,
  CouponRedeemed,
  CouponRejected,
  ExpirePayment,
  FindChangedOrders,
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
import { cancel, parcelsHalted, parcelsLeft, refunded } from './cancellation.js';
import type { OrdersConfig } from './config.js';
import { CustomerRepository } from './customer.repository.js';
import { expire, lapsed } from './deadline.js';
import {
  couponRedeemed,
  couponRejected,
  parcelMoved,
  payableOpened,
  paymentCaptured,
  stockRejected,
  stockReserved,
} from './order.js';
import { onOrder, onRow, orderKeys, ownMessage, type AboutOrder } from './order-decision.js';
import type { Change } from './order-steps.js';
import { OrderQueries } from './order.queries.js';
import { OrderRepository } from './order.repository.js';
import { place, type Delivered, type Request } from './placing.js';
import { productChanged } from './product-copy.js';
import { ProductCopyRepository } from './product-copy.repository.js';
import { InventoryCalls } from './inventory.calls.js';
import { disclosedTo } from './refusal.js';
import type { Order } from './tables.js';
import { accountVerified, placedWithin, placingKeys } from './unpaid-limit.js';

/** Concurrent lookups at inventory. They have their own queue: while inventory is down, all other orders are placed. */
const LOOKUPS_AT_ONCE = 20;

@Controller()
export class OrdersListener {
  constructor(
    private readonly orders: OrderRepository,
    private readonly queries: OrderQueries,
    private readonly products: ProductCopyRepository,
    private readonly inventory: InventoryCalls,
    private readonly customers: CustomerRepository,
    @Inject(CONFIG) private readonly config: OrdersConfig,
  ) {}

  @On(PlaceOrder)
  placeOrder(message: Message<typeof PlaceOrder>) {
    const { payWithinSeconds = this.config.PAYMENT_WINDOW_SECONDS } = message.data;
    return this.#place(message, { ...message.data, payWithinSeconds });
  }

  @On(PlaceUnlisted, { queue: 'lookups', prefetch: LOOKUPS_AT_ONCE })
  async placeUnlisted(message: Message<typeof PlaceUnlisted>) {
    return this.#place(message, await this.inventory.completed(message.data), { lookedUp: true });
  }

  @On(CancelOrder)
  cancelOrder(message: Message<typeof CancelOrder>) {
    return this.orders.change(
      message,
      orderKeys(message.data),
      onRow(message, (row, now) => cancel(row, message.data, now)),
    );
  }

  @On(AccountVerified)
  accountVerified(message: Message<typeof AccountVerified>) {
    const { data } = message;
    return this.customers.change(message, { customers: [data.userId] }, (state, now) =>
      accountVerified(state, data, now),
    );
  }

  @On(ProductChanged)
  productChanged(message: Message<typeof ProductChanged>) {
    const { data } = message;
    return this.products.change(message, { products: [data.sku] }, (state) => productChanged(state, data));
  }

  @On(StockReserved)
  stockReserved(message: Message<typeof StockReserved>) {
    return this.#changeOfPair(message, (order, now) =>
      stockReserved(order, message.data, this.config.PAYMENT_WINDOW_SECONDS, now),
    );
  }

  @On(StockRejected)
  stockRejected(message: Message<typeof StockRejected>) {
    return this.#change(message, (order, now) => stockRejected(order, message.data, now));
  }

  @On(CouponRedeemed)
  couponRedeemed(message: Message<typeof CouponRedeemed>) {
    return this.#changeOfPair(message, (order, now) => couponRedeemed(order, message.data, now));
  }

  @On(CouponRejected)
  couponRejected(message: Message<typeof CouponRejected>) {
    return this.#changeOfPair(message, (order, now) => couponRejected(order, message.data, now));
  }

  @On(PayableOpened)
  payableOpened(message: Message<typeof PayableOpened>) {
    return this.#changeOfPair(message, (order, now) =>
      payableOpened(order, message.data, this.config.PAYMENT_WINDOW_SECONDS, now),
    );
  }

  @On(PayableVoided)
  payableVoided(message: Message<typeof PayableVoided>) {
    return this.#change(message, lapsed);
  }

  @On(PaymentCaptured)
  paymentCaptured(message: Message<typeof PaymentCaptured>) {
    return this.#change(message, (order, now) => paymentCaptured(order, message.data, now));
  }

  @On(ExpirePayment)
  expirePayment(message: Message<typeof ExpirePayment>) {
    return this.#change(message, expire);
  }

  @On(PaymentRefunded)
  paymentRefunded(message: Message<typeof PaymentRefunded>) {
    return this.#change(message, (order, now) => refunded(order, message.data, now));
  }

  /** Not bound any more: for those that rest in the queue from the version before. */
  @On(ParcelCreated)
  parcelCreated(message: Message<typeof ParcelCreated>) {
    return this.#change(message, (order, now) => parcelMoved(order, 'preparing', message.data, now));
  }

  @On(ParcelDispatched)
  parcelDispatched(message: Message<typeof ParcelDispatched>) {
    return this.#change(message, (order, now) => parcelMoved(order, 'dispatched', message.data, now));
  }

  @On(ParcelDelivered)
  parcelDelivered(message: Message<typeof ParcelDelivered>) {
    return this.#change(message, (order, now) => parcelMoved(order, 'delivered', message.data, now));
  }

  @On(ParcelsHalted)
  parcelsHalted(message: Message<typeof ParcelsHalted>) {
    return this.#change(message, (order, now) => parcelsHalted(order, message.data, now));
  }

  @On(ParcelsLeft)
  parcelsLeft(message: Message<typeof ParcelsLeft>) {
    return this.#change(message, parcelsLeft);
  }

  @On(GetOrder)
  getOrder({ data }: Message<typeof GetOrder>) {
    return this.#query(data, () => this.queries.order(data));
  }

  @On(GetOrderChanges)
  getOrderChanges({ data }: Message<typeof GetOrderChanges>) {
    return this.#query(data, () => this.queries.changes(data));
  }

  @On(FindChangedOrders)
  findChangedOrders({ data }: Message<typeof FindChangedOrders>) {
    return this.queries.changed(data);
  }

  @On(GetTimeline)
  getTimeline({ data }: Message<typeof GetTimeline>) {
    return this.#query(data, () => this.queries.timeline(data));
  }

  @On(ListOrders)
  listOrders({ data }: Message<typeof ListOrders>) {
    return this.queries.list(data);
  }

  #place(message: Message<typeof PlaceOrder | typeof PlaceUnlisted>, request: Request, { lookedUp = false } = {}) {
    const { PRICED_AT_ONCE: pricedAtOnce } = this.config;
    const decide = placedWithin(message, this.config, (row, prices, now, bound) =>
      place(row, { ...request, pricedAtOnce }, prices, { ...delivered(message, now), lookedUp }, now, bound),
    );
    return this.orders.change(message, placingKeys(message.data, this.config), decide);
  }

  #change(message: AboutOrder, rule: (order: Order, now: Date) => Change) {
    return this.orders.change(message, orderKeys(message.data), onOrder(message, rule));
  }

  /** Stock is asked for together with the payable, or with the coupon, and the order goes on when it has both. */
  #changeOfPair(message: AboutOrder, rule: (order: Order, now: Date) => Change) {
    return this.orders.change(message, orderKeys(message.data), onOrder(message, rule), {
      pair: message.data.orderId,
    });
  }

  /** Reads an order; a refused request becomes a rejected order first. */
  async #query<R>(query: Data<typeof GetOrder>, read: () => Promise<R>): Promise<R> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ProblemError) || !(await this.queries.wasRefused(query))) throw error;
      await this.#disclose(query);
      return read();
    }
  }

  #disclose(query: Data<typeof GetOrder>) {
    const message = ownMessage('orders.disclose', query.orderId);
    return this.orders.change(
      message,
      orderKeys(query),
      onRow(message, (row) => disclosedTo(query, row)),
    );
  }
}

/**
 * The deadline is only a hint: a caller who left before it, or who did not receive the reply, still finds the order
 * by its id.
 */
function delivered(message: Message, now: Date): Omit<Delivered, 'lookedUp'> {
  const { reply, deadline, redelivered = false } = message;
  const unattended = reply === undefined || (deadline !== undefined && Date.now() >= deadline);
  return { unattended, redelivered, acceptedAt: decisionTime(message, now) };
}
