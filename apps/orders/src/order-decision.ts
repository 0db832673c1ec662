import type { Contract, Message } from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import type { z } from 'zod';
import { rowOf } from './order-row.js';
import type { Change } from './order-steps.js';
import { isOrder, type OrderDecision, type OrderKeys, type Order, type Row, type OrderState } from './tables.js';

/** A message about one order. */
export type AboutOrder = Message<Contract<z.ZodType<{ orderId: string }>>>;

export const orderKeys = ({ orderId }: { orderId: string }): OrderKeys => ({ orders: [orderId] });

/**
 * The decision of a rule about an order.
 * @throws Error when there is no such order. Every fact follows from a placed order, so the message is retried.
 */
export const onOrder =
  (message: AboutOrder, rule: (order: Order, now: Date) => Change) =>
  (state: OrderState, now: Date): OrderDecision => {
    const { orderId } = message.data;
    const order = rowOf(state.orders[orderId]);
    if (!isOrder(order)) throw new Error(`no record of order ${orderId}`);
    return decisionOf(message, rule(order, now));
  };

/** The decision of a rule about what exists under the id of an order. */
export const onRow =
  <R>(message: AboutOrder, rule: (row: Row | undefined, now: Date) => Change<R, Row>) =>
  (state: OrderState, now: Date): OrderDecision<R> =>
    decisionOf(message, rule(rowOf(state.orders[message.data.orderId]), now));

/** Drops a problem when there is no caller to receive it. */
export const decisionOf = <R>(
  { data: { orderId }, reply: caller }: AboutOrder,
  { order, history, messages, reply, problem }: Change<R, Row>,
): OrderDecision<R> => ({
  state: order && { orders: { [orderId]: order } },
  append: history && { history },
  messages,
  reply,
  problem: caller && problem,
});

/** For a decision of the service itself; it has a new id each time, and the rule checks the order under its lock. */
export const ownMessage = (type: string, orderId: string): AboutOrder => ({
  id: newId(),
  type,
  version: 1,
  correlationId: orderId,
  time: new Date().toISOString(),
  data: { orderId },
});
