import { describe, expect, it } from 'vitest';
import { orderOf, rowOf } from './order-row.js';
import type { OrderRow, StoredRow } from './tables.js';
import { applying, facts, NOW, obstacles, ORDER, placedOrder, refund, USER } from './testing/given.js';

const PENDING = placedOrder();
const AWAITING = applying(PENDING, [facts.stockReserved, facts.payableOpened]).order;
const PAID = applying(AWAITING, [facts.paymentCaptured]).order;
const REJECTED = applying(PENDING, [obstacles.outOfStock]).order;
const CANCELLED = applying(AWAITING, [obstacles.cancelled]).order;

describe('a row of an order', () => {
  it('is an order as it is, with the columns that no rule reads', () => {
    const completed = applying(PENDING, Object.values(facts)).order;
    const refunded = applying(CANCELLED, [facts.paymentCaptured, refund]).order;
    const overtaken = applying(PENDING, [facts.paymentCaptured, facts.eastDelivered]).order;
    for (const order of [PENDING, overtaken, AWAITING, PAID, completed, REJECTED, CANCELLED, refunded]) {
      const row = Object.freeze({ ...order, recordedAt: NOW });
      expect(rowOf(row)).toBe(row);
    }
  });

  it.each<[OrderRow, Partial<OrderRow>, string]>([
    [PENDING, { reason: 'customer' }, 'pending: reason is set'],
    [PENDING, { cancellationRequestedAt: NOW }, 'pending: cancellationRequestedAt is set'],
    [AWAITING, { payBy: null }, 'awaiting_payment: payBy is null'],
    [AWAITING, { paidAt: NOW }, 'awaiting_payment: paidAt is set'],
    [PAID, { allocation: null, paidAt: null }, 'paid: allocation is null, paidAt is null'],
    [PAID, { status: 'shipped', refundedAt: NOW }, 'shipped: refundedAt is set'],
    [PAID, { status: 'completed', allocation: null }, 'completed: allocation is null'],
    [REJECTED, { reason: null }, 'rejected: reason is null'],
    [CANCELLED, { reason: null }, 'cancelled: reason is null'],
    [CANCELLED, { limitReached: 'unpaid_orders' }, 'cancelled: limitReached is set'],
    [PAID, { status: 'lost' as never }, 'lost: there is no such status'],
  ])('is refused when its status does not allow it: %#', (row, change, fault) => {
    expect(() => orderOf({ ...row, ...change })).toThrow(new RegExp(`^order ${ORDER} cannot be ${fault}$`));
  });
});

it('takes what is stored under the id of an order and is none as it is', () => {
  const early: StoredRow = {
    id: ORDER,
    userId: USER,
    status: 'cancelled',
    reason: 'customer',
    placedAt: null,
    recordedAt: NOW,
    version: 1,
  };
  expect(rowOf(early)).toBe(early);
  expect(rowOf(undefined)).toBeUndefined();
});
