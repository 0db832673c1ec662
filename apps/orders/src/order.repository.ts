import { Inject, Injectable } from '@nestjs/common';
import type {
  CancelOrder,
  Contract,
  Data,
  GetOrder,
  Message,
  Order as OrderView,
  PlaceOrder,
  PlaceUnlisted,
} from '@sluice/contracts';
import { newId, type Decision, type State, type UnitOfWork } from '@sluice/persistence';
import { CONFIG, UnitsOfWork } from '@sluice/service-kit';
import type { z } from 'zod';
import type { OrdersConfig } from './config.js';
import { rowOf } from './order-row.js';
import type { Change } from './order-steps.js';
import type { Bound } from './placing.js';
import { unshown, type Prices } from './pricing.js';
import { disclosed } from './refusal.js';
import { isOrder, isRefused, orderTables, type Order, type Row } from './tables.js';
import { exceededLimit, unpaidStateOf, isUnbounded, withOrder } from './unpaid-limit.js';

/** A fact about one order. */
type About = Message<Contract<z.ZodType<{ orderId: string }>>>;

type Placing = Message<typeof PlaceOrder | typeof PlaceUnlisted>;
type DecidePlace = (row: Row | undefined, copies: Prices, now: Date, bound?: Bound) => Change<OrderView, Row>;

/** Changes orders, many in one commit. */
@Injectable()
export class OrderRepository {
  readonly #unit: UnitOfWork<typeof orderTables>;

  constructor(
    units: UnitsOfWork,
    @Inject(CONFIG) private readonly config: OrdersConfig,
  ) {
    this.#unit = units.over({ tables: orderTables });
  }

  /**
   * Locks the order's row even before it exists, so that two requests to place one order are decided one after the
   * other.
   */
  async place(message: Placing, decide: DecidePlace) {
    const { orderId, userId, lines } = message.data;
    const isCounted = this.#isCounted(message.data);
    const keys = {
      orders: [orderId],
      prices: unshown(message.data),
      ...(isCounted && { customers: [userId], unpaid: [userId] }),
    };
    return this.#unit.change<OrderView>(message, keys, (state, now) => {
      const change = decide(
        rowOf(state.orders[orderId]),
        state.prices,
        now,
        isCounted ? this.#boundOf(message.data, state, now) : undefined,
      );
      const decided = decision(message, change);
      if (!isCounted || change.order?.status !== 'pending') return decided;
      const customer = withOrder(state.customers[userId], message.data, lines, now);
      return { ...decided, state: { ...decided.state, customers: { [userId]: customer } } };
    });
  }

  /** A win in a flash sale is one piece that was promised to its user, with a short payment window of its own. */
  #isCounted({ flashSale }: Data<typeof PlaceOrder>): boolean {
    return !flashSale && !isUnbounded(this.config);
  }

  #boundOf(
    { userId, verified = false }: Data<typeof PlaceOrder>,
    { customers, unpaid }: State<typeof orderTables>,
    now: Date,
  ): Bound {
    const state = unpaidStateOf(customers[userId], unpaid[userId], now);
    return (lines) => exceededLimit({ ...state, verified: state.verified || verified }, lines, this.config);
  }

  /** Locks the row like `place`: the second of the two for one order sees the decision of the first. */
  async cancel(
    message: Message<typeof CancelOrder>,
    decide: (row: Row | undefined, now: Date) => Change<OrderView, Row>,
  ) {
    const { orderId } = message.data;
    return this.#unit.change<OrderView>(message, { orders: [orderId] }, ({ orders }, now) =>
      decision(message, decide(rowOf(orders[orderId]), now)),
    );
  }

  /** @throws Error when there is no such order. Every fact follows from a placed order, so the message is retried. */
  async change(message: About, decide: (order: Order, now: Date) => Change): Promise<void> {
    const { orderId } = message.data;
    await this.#unit.change(message, { orders: [orderId] }, ({ orders }, now) => {
      const order = rowOf(orders[orderId]);
      if (!isOrder(order)) throw new Error(`no record of order ${orderId}`);
      return decision(message, decide(order, now));
    });
  }

  /**
   * Changes an order by a decision of the service itself, under a new message id each time. The rule checks the order
   * under its lock.
   */
  async revise(orderId: string, decide: (order: Order, now: Date) => Change): Promise<void> {
    await this.change(ownMessage('orders.sweep', orderId), decide);
  }

  /** Makes a rejected order of a refused request that its user, or an operator, queries. */
  async disclose({ orderId, userId, anyUser }: Data<typeof GetOrder>): Promise<void> {
    const message = ownMessage('orders.disclose', orderId);
    await this.#unit.change(message, { orders: [orderId] }, ({ orders }) => {
      const row = rowOf(orders[orderId]);
      return isRefused(row) && (anyUser || row.userId === userId) ? decision(message, disclosed(row)) : {};
    });
  }
}

const ownMessage = (type: string, orderId: string): About => ({
  id: newId(),
  type,
  version: 1,
  correlationId: orderId,
  time: new Date().toISOString(),
  data: { orderId },
});

/** Drops a problem when there is no caller to receive it. */
const decision = <R>(
  { data: { orderId }, reply: caller }: About,
  { order, history, messages, reply, problem }: Change<R, Row>,
): Decision<R, typeof orderTables> => ({
  ...(order && { state: { orders: { [orderId]: order } } }),
  ...(history && { append: { history } }),
  ...(messages && { messages }),
  ...(reply !== undefined && { reply }),
  ...(problem && caller && { problem }),
});
