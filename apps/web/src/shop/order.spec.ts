import { expect, it } from 'vitest';
import { awaitsRefund, isCancellable, stepsDone, stepsOf, type Order } from './order.js';

const AT = '2026-11-30T10:00:00.000Z';
const order = (fields: Partial<Order>): Order => ({ status: 'pending', ...fields }) as Order;

it.each([
  [order({}), 1],
  [order({ status: 'awaiting_payment', payBy: AT }), 2],
  [order({ status: 'paid', payBy: AT, paidAt: AT }), 3],
  [order({ status: 'shipped', payBy: AT, paidAt: AT }), 4],
  [order({ status: 'completed', payBy: AT, paidAt: AT }), 5],
  [order({ status: 'cancelled', payBy: AT }), 2],
  [order({ status: 'cancelled', payBy: AT, paidAt: AT }), 3],
  [order({ status: 'rejected' }), 1],
])('has behind it the steps that were made: %j', (given, steps) => expect(stepsDone(given)).toBe(steps));

it('waits at the next step while it goes on, and at none when it has ended', () => {
  const now = (given: Order) => stepsOf(given).find(({ isNow }) => isNow)?.step;
  expect(now(order({ status: 'awaiting_payment', payBy: AT }))).toBe('paid');
  expect(now(order({ status: 'completed', payBy: AT, paidAt: AT }))).toBeUndefined();
  expect(now(order({ status: 'cancelled', payBy: AT }))).toBeUndefined();
});

it('can be cancelled until a parcel may have left, once', () => {
  expect(isCancellable(order({ status: 'paid' }))).toBe(true);
  expect(isCancellable(order({ status: 'paid', cancellationRequestedAt: AT }))).toBe(false);
  expect(isCancellable(order({ status: 'shipped' }))).toBe(false);
});

it('waits for its money when it was paid and cancelled', () => {
  expect(awaitsRefund(order({ status: 'cancelled', paidAt: AT }))).toBe(true);
  expect(awaitsRefund(order({ status: 'cancelled', paidAt: AT, refundedAt: AT }))).toBe(false);
  expect(awaitsRefund(order({ status: 'cancelled' }))).toBe(false);
});
