import { Injectable } from '@nestjs/common';
import type { CancelOrder, Contract, Message, Order as OrderView, PlaceOrder } from '@sluice/contracts';
import type { Decision, UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import type { z } from 'zod';
import type { Change } from './order-steps.js';
import type { Prices } from './pricing.js';
import { isOrder, orderTables, type Order, type Row } from './tables.js';

/** A fact about one order. */
type About = Message<Contract<z.ZodType<{ orderId: string }>>>;

/** Changes orders, many in one commit. */
@Injectable()
export class OrderRepository {
  readonly #unit: UnitOfWork<typeof orderTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: orderTables });
  }

  /** The order's row is locked even before it exists, so two places of one order are decided one after the other. */
  async place(message: Message<typeof PlaceOrder>, decide: (row: Row | undefined, prices: Prices, now: Date) => Change<OrderView>) {
    const { orderId, lines } = message.data;
    const skus = [...new Set(lines.map(({ sku }) => sku))];
    return this.#unit.change<OrderView>(message, { orders: [orderId], prices: skus }, ({ orders, prices }, now) => decision(orderId, decide(orders[orderId], prices, now)));
  }

  /** Locked like a place: of the two for one order, whichever comes first, the other sees what it has decided. */
  async cancel(message: Message<typeof CancelOrder>, decide: (row: Row | undefined, now: Date) => Change<OrderView, Row>) {
    const { orderId } = message.data;
    return this.#unit.change<OrderView>(message, { orders: [orderId] }, ({ orders }, now) => decision(orderId, decide(orders[orderId], now)));
  }

  /** @throws Error when there is no such order: every fact follows from one that was placed, so the message comes again later */
  async change(message: About, decide: (order: Order, now: Date) => Change): Promise<void> {
    const { orderId } = message.data;
    await this.#unit.change(message, { orders: [orderId] }, ({ orders }, now) => {
      const order = orders[orderId];
      if (!isOrder(order)) throw new Error(`nothing is known of order ${orderId}`);
      return decision(orderId, decide(order, now));
    });
  }
}

const decision = <R>(id: string, { order, history, messages, reply }: Change<R, Row>): Decision<R, typeof orderTables> => ({
  ...(order && { state: { orders: { [id]: order } } }),
  ...(history && { append: { history } }),
  ...(messages && { messages }),
  ...(reply !== undefined && { reply }),
});
