import type { Allocation, Order as OrderView, Warehouse } from '@sluice/contracts';
import type { Change } from './order-steps.js';
import type { Order } from './tables.js';

/** Replies with the order that the change leads to. */
export const answered = (change: Change, now: Date): Change<OrderView> => ({
  ...change,
  ...(change.order && { reply: orderView(change.order, now) }),
});

/** The order as its customer sees it at this moment. */
export function orderView(order: Order, now: Date): OrderView {
  const {
    id,
    status,
    reason,
    lines,
    address,
    currency,
    coupon,
    flashSaleId,
    placedAt,
    payBy,
    paidAt,
    refundedAt,
    cancellationRequestedAt,
    parcels,
    limitReached,
  } = order;
  const money = (amount: number) => ({ amount, currency });
  return {
    id,
    status,
    ...(reason && { reason }),
    ...(limitReached && { limit: limitReached }),
    lines: lines.map((line) => ({ ...line, ...from(line.sku, order.allocation ?? []) })),
    subtotal: money(order.subtotal),
    discount: money(order.discount),
    total: money(order.total),
    ...(coupon !== null && { coupon }),
    address,
    ...(flashSaleId !== null && { flashSaleId }),
    placedAt: placedAt.toISOString(),
    ...(payBy && status !== 'pending' && { payBy: payBy.toISOString() }),
    ...(order.status === 'awaiting_payment' && { secondsLeft: secondsUntil(order.payBy, now) }),
    ...(paidAt && { paidAt: paidAt.toISOString() }),
    ...(refundedAt && { refundedAt: refundedAt.toISOString() }),
    ...(cancellationRequestedAt &&
      status === 'paid' && { cancellationRequestedAt: cancellationRequestedAt.toISOString() }),
    parcels,
  };
}

/** Gives the warehouse of a line when all its pieces come from one. */
function from(sku: string, allocation: Allocation): { warehouse?: Warehouse } {
  const warehouses = new Set(allocation.filter((pick) => pick.sku === sku).map(({ warehouse }) => warehouse));
  const [warehouse] = warehouses;
  return warehouse && warehouses.size === 1 ? { warehouse } : {};
}

const secondsUntil = (end: Date, now: Date): number => Math.max(0, Math.ceil((end.getTime() - now.getTime()) / 1_000));
