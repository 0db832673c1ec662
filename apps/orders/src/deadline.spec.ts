import { ClosePayable, ExpirePayment, ExtendPayable, OrderCancelled, OrderPaidTooLate } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { expire, rejectOverdue, lapsed } from './deadline.js';
import { payableOpened, paymentCaptured } from './order.js';
import type { Change } from './order-steps.js';
import {
  BOTH_WAREHOUSES,
  COUPON,
  DEADLINE_SECONDS,
  facts,
  applying,
  later,
  NOW,
  obstacles,
  ORDER,
  PAYMENT,
  placedOrder,
  refund,
  types,
  USER,
  WINDOW_SECONDS,
} from './testing/given.js';

const payable = (change = {}) =>
  applying(placedOrder(change), [facts.stockReserved, facts.couponRedeemed, facts.payableOpened]);
const TIMER_EARLY_SECONDS = 1;

describe('the payment window', () => {
  it('starts with a timer of its length when the order can be paid, and with only one', () => {
    expect(payable().messages.at(-1)).toEqual(ExpirePayment({ orderId: ORDER }, { delayMs: WINDOW_SECONDS * 1_000 }));
    expect(types(applying(payable().order, [facts.payableOpened]).messages)).toEqual([]);
  });

  it('is as long as the order requests', () => {
    const { order, messages } = payable({ payWithinSeconds: 90 });
    expect(order.payBy).toEqual(later(90));
    expect(messages.at(-1)).toEqual(ExpirePayment({ orderId: ORDER }, { delayMs: 90_000 }));
  });

  it('ends by the decision of payments: at its end payments is requested to close the payable, and nothing is cancelled yet', () => {
    const { order, messages, history } = applying(payable().order, [(order) => expire(order, later(WINDOW_SECONDS))]);
    expect([order.status, messages, history]).toEqual(['awaiting_payment', [ClosePayable({ orderId: ORDER })], []]);
    expect(expire(payable().order, later(WINDOW_SECONDS - 0.001)).order).toBeUndefined();
  });

  it('cancels an order whose payable was closed, and names what to release', () => {
    const { order, messages, history } = applying(payable({ coupon: COUPON }).order, [obstacles.lapsed]);
    expect(order).toMatchObject({ status: 'cancelled', reason: 'payment_timeout' });
    const goods = { lines: order.lines, allocation: BOTH_WAREHOUSES, coupon: COUPON };
    expect(messages).toEqual([
      OrderCancelled({ orderId: ORDER, userId: USER, version: order.version, ...goods, reason: 'payment_timeout' }),
    ]);
    expect(history).toMatchObject([
      { type: 'order.cancelled', detail: { reason: 'payment_timeout' }, status: 'cancelled' },
    ]);
  });

  it('repeats the request at growing intervals while payments does not reply, for five minutes', () => {
    const requests: number[] = [];
    let { order } = payable();
    for (let late = 0; order.status === 'awaiting_payment'; late += 1) {
      const change = expire(order, later(WINDOW_SECONDS + late));
      if (types(change.messages).includes('payments.close')) requests.push(late);
      order = change.order ?? order;
      if (order.status === 'cancelled') requests.push(-late);
    }
    expect(requests).toEqual([0, 3, 6, 12, 24, 48, 96, 192, -300]);
  });

  it('waits once more when its timer fired slightly early', () => {
    expect(expire(payable().order, later(WINDOW_SECONDS - TIMER_EARLY_SECONDS))).toEqual({
      messages: [ExpirePayment({ orderId: ORDER }, { delayMs: 1_000 })],
    });
    expect(expire(payable().order, later(WINDOW_SECONDS - TIMER_EARLY_SECONDS - 0.001))).toEqual({});
  });

  it('does nothing to an order that is paid, has ended or cannot be paid yet', () => {
    const paid = applying(payable().order, [facts.paymentCaptured]).order;
    const cancelled = applying(payable().order, [obstacles.lapsed]).order;
    const rejected = applying(placedOrder(), [obstacles.outOfStock]).order;
    const priced = applying(placedOrder(), [facts.stockReserved]).order;
    for (const order of [paid, cancelled, rejected, priced]) {
      expect([expire(order, later(WINDOW_SECONDS)), lapsed(order, later(WINDOW_SECONDS))]).toEqual([{}, {}]);
    }
  });

  it('ends at the time of payments, unless `payable.opened` came so late that too little is left: then it restarts, also at payments', () => {
    const { order: priced } = applying(placedOrder(), [facts.stockReserved]);
    const received = (lateSeconds: number) =>
      payableOpened(priced, { payBy: later(WINDOW_SECONDS).toISOString() }, WINDOW_SECONDS, later(lateSeconds));
    expect(received(60).order?.payBy).toEqual(later(WINDOW_SECONDS));
    expect(types(received(60).messages)).toEqual(['order.awaiting_payment', 'orders.expire-payment']);
    expect(received(61).order?.payBy).toEqual(later(WINDOW_SECONDS + 61));
    expect(received(61).messages).toContainEqual(
      ExtendPayable({ orderId: ORDER, payBy: later(WINDOW_SECONDS + 61).toISOString() }),
    );
  });

  it('is as long as usual also when the stock is held only after the payable was closed to late payments', () => {
    const { order: opened } = applying(placedOrder(), [facts.payableOpened]);
    const lateSeconds = 2 * WINDOW_SECONDS;
    expect(expire(opened, later(lateSeconds))).toEqual({});
    const { order, messages } = applying(opened, [facts.stockReserved], later(lateSeconds));
    const payBy = later(lateSeconds + WINDOW_SECONDS);
    expect(order).toMatchObject({ status: 'awaiting_payment', payBy });
    expect(messages).toMatchObject([
      { data: { payBy: payBy.toISOString() } },
      ExtendPayable({ orderId: ORDER, payBy: payBy.toISOString() }),
      ExpirePayment({ orderId: ORDER }, { delayMs: WINDOW_SECONDS * 1_000 }),
    ]);
  });
});

describe('money that is captured for an order that has ended', () => {
  const amount = { amount: 3_800, currency: 'EUR' };
  const { order: cancelled } = applying(payable().order, [obstacles.lapsed]);
  const taken = paymentCaptured(
    cancelled,
    { orderId: ORDER, userId: USER, version: 3, paymentId: PAYMENT, amount },
    later(5),
  ) as Required<Change>;

  it('changes only the timeline: the capture and the refund are recorded once each', () => {
    expect(taken.order).toMatchObject({ status: 'cancelled', paymentId: PAYMENT, paidAt: later(5), refundedAt: null });
    expect(taken.history).toMatchObject([{ type: 'order.paid_too_late', detail: { amount }, status: 'cancelled' }]);
    expect(taken.messages).toEqual([
      OrderPaidTooLate({ orderId: ORDER, userId: USER, version: taken.order.version, amount }),
    ]);
    const back = refund(taken.order, later(9));
    expect(back).toMatchObject({
      order: { status: 'cancelled', refundedAt: later(9) },
      history: [{ type: 'payment.refunded', status: 'cancelled' }],
      messages: [],
    });
    expect([refund(back.order!, later(9)), facts.paymentCaptured(back.order!, later(9))]).toEqual([{}, {}]);
  });

  it('is recorded as captured when the refund arrives first', () => {
    const back = refund(cancelled, later(9));
    expect(back.order).toMatchObject({ paymentId: PAYMENT, paidAt: later(9), refundedAt: later(9) });
    expect(back.history?.map(({ type }) => type)).toEqual(['order.paid_too_late', 'payment.refunded']);
    expect(facts.paymentCaptured(back.order!, later(10))).toEqual({});
  });
});

describe('money that is captured before the stock is held', () => {
  const { order: early } = applying(placedOrder(), [facts.payableOpened, facts.paymentCaptured]);

  it('pays the order as soon as its stock is held', () => {
    const { order, messages } = applying(early, [facts.stockReserved]);
    expect([order.status, types(messages)]).toEqual(['paid', ['order.awaiting_payment', 'order.paid']]);
  });

  it.each([
    ['rejected', obstacles.outOfStock],
    ['cancelled', obstacles.cancelled],
  ] as const)('is said to be taken when the order is %s instead, and to be back when it is', (status, obstacle) => {
    const { order, messages } = applying(early, [obstacle]);
    expect([order.status, types(messages)]).toEqual([status, [`order.${status}`, 'order.paid_too_late']]);
    expect(messages[1]!.data).toMatchObject({ amount: { amount: 3_800, currency: 'EUR' } });
    expect(refund(order, NOW)).toMatchObject({ order: { status, refundedAt: NOW }, history: [{ status }] });
  });
});

describe('the deadline of an order that cannot be paid yet', () => {
  it.each([
    ['nothing is known of it', [], []],
    ['its stock is held and its coupon is not known', [facts.stockReserved], BOTH_WAREHOUSES],
    ['its total is known', [facts.stockReserved, facts.couponRedeemed], BOTH_WAREHOUSES],
  ])('cancels it when %s, and names what to release', (_, received, allocation) => {
    const { order: pending } = applying(placedOrder({ coupon: COUPON }), received);
    const { order, messages, history } = rejectOverdue(pending, DEADLINE_SECONDS, later(DEADLINE_SECONDS));
    expect(order).toMatchObject({ status: 'cancelled', reason: 'processing_timeout' });
    const goods = { lines: order!.lines, allocation, coupon: COUPON };
    expect(messages).toEqual([
      OrderCancelled({ orderId: ORDER, userId: USER, version: order!.version, ...goods, reason: 'processing_timeout' }),
    ]);
    expect(history).toMatchObject([{ type: 'order.cancelled', detail: { reason: 'processing_timeout' } }]);
  });

  it('does nothing to an order that can be paid, is paid, has ended, or has time left', () => {
    const paid = applying(payable().order, [facts.paymentCaptured]).order;
    const rejected = applying(placedOrder(), [obstacles.outOfStock]).order;
    for (const order of [payable().order, paid, rejected])
      expect(rejectOverdue(order, DEADLINE_SECONDS, later(DEADLINE_SECONDS))).toEqual({});
    expect(
      rejectOverdue(
        placedOrder(),
        DEADLINE_SECONDS,
        new Date(NOW.getTime() + (DEADLINE_SECONDS - TIMER_EARLY_SECONDS) * 1_000 - 1),
      ),
    ).toEqual({});
  });
});
