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

  /** The order's row is locked even before it exists, so two places of one order are decided one after the other. */
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
        state.orders[orderId],
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

  /** A win in a sale is one piece, which its user was promised, with a short window of its own. */
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

  /** Locked like a place: of the two for one order, whichever comes first, the other sees what it has decided. */
  async cancel(
    message: Message<typeof CancelOrder>,
    decide: (row: Row | undefined, now: Date) => Change<OrderView, Row>,
  ) {
    const { orderId } = message.data;
    return this.#unit.change<OrderView>(message, { orders: [orderId] }, ({ orders }, now) =>
      decision(message, decide(orders[orderId], now)),
    );
  }

  /** @throws Error when there is no such order: every fact follows from one that was placed, so the message comes again later */
  async change(message: About, decide: (order: Order, now: Date) => Change): Promise<void> {
    const { orderId } = message.data;
    await this.#unit.change(message, { orders: [orderId] }, ({ orders }, now) => {
      const order = orders[orderId];
      if (!isOrder(order)) throw new Error(`nothing is known of order ${orderId}`);
      return decision(message, decide(order, now));
    });
  }

  /** Changes an order on the service's own account, under a new message id each time: the rule looks at the order under its lock. */
  async revise(orderId: string, decide: (order: Order, now: Date) => Change): Promise<void> {
    await this.change(ownMessage('orders.sweep', orderId), decide);
  }

  /** Somebody looks for this order: if its request was refused, it is a rejected order from now on. */
  async disclose({ orderId, userId, anyUser }: Data<typeof GetOrder>): Promise<void> {
    const message = ownMessage('orders.disclose', orderId);
    await this.#unit.change(message, { orders: [orderId] }, ({ orders }) => {
      const row = orders[orderId];
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

/** Without a caller there is nobody to be told of a problem. */
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
