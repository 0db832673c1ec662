import { ExpirePayment, OrderCancelled, type Data, type PaymentRefunded } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expire, refunded, stockReserved } from './order.js';
import { BOTH_WAREHOUSES, facts, hearing, NOW, ORDER, PAYMENT, placedOrder, USER, WINDOW_SECONDS, type Fact } from './testing/given.js';

const OVER = new Date(NOW.getTime() + WINDOW_SECONDS * 1_000);
const expired: Fact = (order) => expire(order, OVER);
const refund: Data<typeof PaymentRefunded> = { orderId: ORDER, userId: USER, version: 3, paymentId: PAYMENT, amount: { amount: 3_800, currency: 'EUR' } };
const types = ({ messages }: Pick<ReturnType<typeof hearing>, 'messages'>) => messages.map(({ contract }) => contract.type);
const payable = () => hearing(placedOrder(), [facts.stockReserved, facts.payableOpened]);

describe('the payment window', () => {
  it('starts with a timer of its length when the order can be paid, and with one only', () => {
    expect(payable().messages.at(-1)).toEqual(ExpirePayment({ orderId: ORDER }, { delayMs: WINDOW_SECONDS * 1_000 }));
    expect(types(hearing(payable().order, [facts.payableOpened]))).toEqual([]);
  });

  it('cancels an order that is unpaid at its end, and says what goes back', () => {
    const { order, messages, history } = hearing(payable().order, [expired]);
    expect(order).toMatchObject({ status: 'cancelled', reason: 'payment_timeout' });
    expect(messages).toEqual([OrderCancelled({ orderId: ORDER, userId: USER, version: order.version, lines: order.lines, allocation: BOTH_WAREHOUSES, reason: 'payment_timeout' })]);
    expect(history).toMatchObject([{ type: 'order.cancelled', detail: { reason: 'payment_timeout' } }]);
  });

  it('does nothing to an order that is paid, is cancelled already, or has time left', () => {
    const paid = hearing(payable().order, [facts.paymentCaptured]).order;
    const cancelled = hearing(payable().order, [expired]).order;
    for (const order of [paid, cancelled, stockReserved(placedOrder(), { orderId: ORDER, userId: USER, version: 1, allocation: BOTH_WAREHOUSES }, NOW).order!]) expect(expire(order, OVER)).toEqual({});
    expect(expire(payable().order, new Date(OVER.getTime() - 1_001))).toEqual({});
  });

  it('ignores the money that comes after the cancellation, and records its refund once', () => {
    const { order } = hearing(payable().order, [expired, facts.paymentCaptured]);
    expect(order).toMatchObject({ status: 'cancelled', paymentId: null });
    const back = refunded(order, refund, OVER);
    expect(back).toMatchObject({ order: { status: 'cancelled', refundedAt: OVER }, history: [{ type: 'payment.refunded' }], messages: [] });
    expect(refunded(back.order!, refund, OVER)).toEqual({});
  });

  it('ends every order either paid or cancelled, never both, whenever its end falls among the facts', () => {
    const all: readonly Fact[] = [...Object.values(facts), expired, expired];
    fc.assert(
      fc.property(fc.shuffledSubarray([...all]), (heard) => {
        const { order, messages } = hearing(placedOrder(), heard);
        const told = types({ messages });
        expect(new Set(told).size).toBe(told.length);
        expect(told.includes('order.cancelled')).toBe(order.status === 'cancelled');
        expect(told.includes('order.paid')).toBe(['paid', 'shipped', 'completed'].includes(order.status));
        if (order.status === 'cancelled') expect(told.at(-1)).toBe('order.cancelled');
      }),
    );
  });
});
