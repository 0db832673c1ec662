import type { OrderStatus } from '@sluice/contracts';
import { expect } from 'vitest';
import type { Order } from '../tables.js';

/** Statuses of an order that succeeds, in their order. */
export const WAY: readonly OrderStatus[] = ['pending', 'awaiting_payment', 'paid', 'shipped', 'completed'];

/** Asserts that the order has the facts its status requires, and that its amounts agree. */
export function expectLegal({
  status,
  reason,
  allocation,
  coupon,
  couponRedeemedAt,
  discount,
  payBy,
  paymentId,
  paidAt,
  refundedAt,
  cancellationRequestedAt,
  total,
  subtotal,
  parcels,
}: Order): void {
  const ended = status === 'rejected' || status === 'cancelled';
  const isAtLeast = (step: OrderStatus): boolean => WAY.indexOf(status) >= WAY.indexOf(step);
  expect(reason !== null).toBe(ended);
  if (isAtLeast('awaiting_payment'))
    expect([allocation, payBy ?? paidAt, coupon === null || couponRedeemedAt]).not.toContain(null);
  if (status === 'awaiting_payment')
    expect([payBy === null, total]).toEqual([false, expect.toSatisfy((cents: number) => cents > 0)]);
  if (isAtLeast('paid')) expect(paidAt).not.toBeNull();
  if (total > 0) expect(paymentId === null).toBe(paidAt === null);
  expect(total).toBe(subtotal - discount);
  if (coupon === null || couponRedeemedAt === null) expect([couponRedeemedAt, discount]).toEqual([null, 0]);
  if (cancellationRequestedAt) expect(isAtLeast('paid') || status === 'cancelled').toBe(true);
  if (refundedAt) expect(ended).toBe(true);
  const fates = new Set(parcels.map((parcel) => parcel.status));
  expect(fates.has('halted') && fates.size > 1).toBe(false);
  if (fates.has('halted')) expect(status).toBe('cancelled');
}
