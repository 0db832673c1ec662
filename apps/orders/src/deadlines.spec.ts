import { ExpirePayment, OrderCancelled } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { expire, giveUp } from './deadlines.js';
import { BOTH_WAREHOUSES, COUPON, DEADLINE_SECONDS, facts, hearing, later, NOW, obstacles, ORDER, placedOrder, refund, types, USER, WINDOW_SECONDS } from './testing/given.js';

const payable = (change = {}) => hearing(placedOrder(change), [facts.stockReserved, facts.couponRedeemed, facts.payableOpened]);
const TIMER_EARLY_SECONDS = 1;

describe('the payment window', () => {
  it('starts with a timer of its length when the order can be paid, and with one only', () => {
    expect(payable().messages.at(-1)).toEqual(ExpirePayment({ orderId: ORDER }, { delayMs: WINDOW_SECONDS * 1_000 }));
    expect(types(hearing(payable().order, [facts.payableOpened]).messages)).toEqual([]);
  });

  it('is as long as the order asks for', () => {
    const { order, messages } = payable({ payWithinSeconds: 90 });
    expect(order.payBy).toEqual(later(90));
    expect(messages.at(-1)).toEqual(ExpirePayment({ orderId: ORDER }, { delayMs: 90_000 }));
  });

  it('cancels an order that is unpaid at its end, and says what goes back', () => {
    const { order, messages, history } = hearing(payable({ coupon: COUPON }).order, [obstacles.expired]);
    expect(order).toMatchObject({ status: 'cancelled', reason: 'payment_timeout' });
    const goods = { lines: order.lines, allocation: BOTH_WAREHOUSES, coupon: COUPON };
    expect(messages).toEqual([OrderCancelled({ orderId: ORDER, userId: USER, version: order.version, ...goods, reason: 'payment_timeout' })]);
    expect(history).toMatchObject([{ type: 'order.cancelled', detail: { reason: 'payment_timeout' }, status: 'cancelled' }]);
  });

  it('does nothing to an order that is paid, has ended, cannot be paid yet, or has time left', () => {
    const paid = hearing(payable().order, [facts.paymentCaptured]).order;
    const cancelled = hearing(payable().order, [obstacles.expired]).order;
    const rejected = hearing(placedOrder(), [obstacles.outOfStock]).order;
    const priced = hearing(placedOrder(), [facts.stockReserved]).order;
    for (const order of [paid, cancelled, rejected, priced]) expect(expire(order, later(WINDOW_SECONDS))).toEqual({});
    expect(expire(payable().order, later(WINDOW_SECONDS - TIMER_EARLY_SECONDS - 0.001))).toEqual({});
    expect(expire(payable().order, later(WINDOW_SECONDS - TIMER_EARLY_SECONDS)).order).toMatchObject({ status: 'cancelled' });
  });

  it('ignores the money that comes after the cancellation, and records its refund once', () => {
    const { order } = hearing(payable().order, [obstacles.expired, facts.paymentCaptured]);
    expect(order).toMatchObject({ status: 'cancelled', paymentId: null });
    const back = refund(order, later(WINDOW_SECONDS));
    expect(back).toMatchObject({ order: { status: 'cancelled', refundedAt: later(WINDOW_SECONDS) }, history: [{ type: 'payment.refunded', status: 'cancelled' }], messages: [] });
    expect(refund(back.order!, later(WINDOW_SECONDS))).toEqual({});
  });
});

describe('the deadline of an order that cannot be paid yet', () => {
  it.each([
    ['nothing is known of it', [], []],
    ['its stock is held and its coupon is not known', [facts.stockReserved], BOTH_WAREHOUSES],
    ['its total is known', [facts.stockReserved, facts.couponRedeemed], BOTH_WAREHOUSES],
  ])('cancels it when %s, and says what goes back', (_, heard, allocation) => {
    const { order: pending } = hearing(placedOrder({ coupon: COUPON }), heard);
    const { order, messages, history } = giveUp(pending, DEADLINE_SECONDS, later(DEADLINE_SECONDS));
    expect(order).toMatchObject({ status: 'cancelled', reason: 'processing_timeout' });
    const goods = { lines: order!.lines, allocation, coupon: COUPON };
    expect(messages).toEqual([OrderCancelled({ orderId: ORDER, userId: USER, version: order!.version, ...goods, reason: 'processing_timeout' })]);
    expect(history).toMatchObject([{ type: 'order.cancelled', detail: { reason: 'processing_timeout' } }]);
  });

  it('does nothing to an order that can be paid, is paid, has ended, or has time left', () => {
    const paid = hearing(payable().order, [facts.paymentCaptured]).order;
    const rejected = hearing(placedOrder(), [obstacles.outOfStock]).order;
    for (const order of [payable().order, paid, rejected]) expect(giveUp(order, DEADLINE_SECONDS, later(DEADLINE_SECONDS))).toEqual({});
    expect(giveUp(placedOrder(), DEADLINE_SECONDS, new Date(NOW.getTime() + (DEADLINE_SECONDS - TIMER_EARLY_SECONDS) * 1_000 - 1))).toEqual({});
  });
});
