import { HaltParcels, OrderCancellationRefused, OrderCancelled } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { cancel, parcelsHalted, parcelsLeft, refunded, repeatHalt, resendHalt } from './cancellation.js';
import { hasLeft } from './order-steps.js';
import { orderView } from './order.view.js';
import type { Order } from './tables.js';
import {
  BOTH_WAREHOUSES,
  COUPON,
  facts,
  applying,
  later,
  NOW,
  obstacles,
  ORDER,
  PARCELS,
  PAYMENT,
  placedOrder,
  USER,
} from './testing/given.js';

const mine = { orderId: ORDER, userId: USER };
const problem = (status: number) => expect.objectContaining({ problem: expect.objectContaining({ status }) });
const requestCancel = (order: Order, now = NOW) =>
  cancel(order, mine, now) as Required<ReturnType<typeof cancel>> & { order: Order };

const paid = () =>
  applying(placedOrder({ coupon: COUPON }), [
    facts.stockReserved,
    facts.couponRedeemed,
    facts.payableOpened,
    facts.paymentCaptured,
  ]).order;
const halting = () => requestCancel(paid()).order;

describe('a customer who cancels an order', () => {
  it.each([
    ['of which no fact has arrived', [], []],
    ['whose stock is held', [facts.stockReserved], BOTH_WAREHOUSES],
    ['that can be paid', [facts.stockReserved, facts.couponRedeemed, facts.payableOpened], BOTH_WAREHOUSES],
  ])('cancels it at once before it is paid: an order %s', (_, received, allocation) => {
    const { order, history, messages, reply } = requestCancel(
      applying(placedOrder({ coupon: COUPON }), received).order,
    );
    expect(order).toMatchObject({ status: 'cancelled', reason: 'customer' });
    expect(history).toMatchObject([{ type: 'order.cancelled', detail: { reason: 'customer' }, status: 'cancelled' }]);
    expect(messages).toEqual([
      OrderCancelled({
        ...mine,
        version: order.version,
        lines: order.lines,
        allocation,
        reason: 'customer',
        coupon: COUPON,
      }),
    ]);
    expect(reply).toEqual(orderView(order, NOW));
  });

  it('has the parcels of a paid order halted first, and sees that its cancellation was requested', () => {
    const order = paid();
    const requested = requestCancel(order);
    expect(requested.order).toEqual({ ...order, cancellationRequestedAt: NOW, version: order.version + 1 });
    expect(requested.messages).toEqual([HaltParcels({ ...mine, allocation: BOTH_WAREHOUSES, address: order.address })]);
    expect(requested.history).toMatchObject([{ type: 'order.cancellation_requested', status: 'paid' }]);
    expect(requested.reply).toMatchObject({ status: 'paid', cancellationRequestedAt: NOW.toISOString() });
  });

  it('gets the same reply to a second request, and the parcels are halted once', () => {
    expect(cancel(halting(), mine, later(59))).toEqual({ reply: orderView(halting(), later(59)) });
  });

  it('has the halt requested again after a minute without a reply, and at most once a minute', () => {
    const again = requestCancel(halting(), later(60));
    expect(again.order).toEqual({ ...halting(), cancellationRequestedAt: later(60) });
    expect([again.messages, again.history]).toEqual([
      [HaltParcels({ ...mine, allocation: BOTH_WAREHOUSES, address: halting().address })],
      [],
    ]);
    expect(cancel(again.order, mine, later(119))).toEqual({ reply: again.reply });
  });

  it.each(['expired', 'cancelled', 'halted'] as const)(
    'gets the order as it is when it is cancelled already (%s)',
    (how) => {
      const { order } = applying(applying(placedOrder(), [facts.stockReserved, facts.payableOpened]).order, [
        obstacles[how],
      ]);
      expect(order.status).toBe('cancelled');
      expect(cancel(order, mine, NOW)).toEqual({ reply: orderView(order, NOW) });
    },
  );

  it.each([
    ['has a parcel that has left', applying(paid(), [facts.eastDispatched]).order],
    ['has a parcel that has arrived', applying(paid(), [facts.westDelivered]).order],
    ['is shipped', applying(paid(), [facts.eastDispatched, facts.westDispatched]).order],
    ['is completed', applying(paid(), [facts.eastDelivered, facts.westDelivered]).order],
    ['has a parcel that has left, and one that is being halted', applying(halting(), [facts.eastDispatched]).order],
  ])('is too late when it %s: the refusal is recorded and published once', (_, order) => {
    const { order: refused, history, messages, problem: answer } = requestCancel(order);
    expect(answer).toMatchObject({ status: 409, title: 'Too late to cancel' });
    expect(refused).toEqual({
      ...order,
      cancellationRequestedAt: null,
      cancellationRefusedAt: NOW,
      version: order.version + 1,
    });
    expect(history).toMatchObject([
      { type: 'order.cancellation_refused', version: order.version + 1, status: order.status },
    ]);
    expect(messages).toEqual([OrderCancellationRefused({ ...mine, version: order.version + 1 })]);
    expect(cancel(refused, mine, later(60))).toEqual({ problem: answer });
    expect(parcelsLeft(refused, later(60))).toEqual({});
  });

  it('is too late when logistics has replied that a parcel had left, and logistics is not requested again', () => {
    const { order } = parcelsLeft(halting(), NOW);
    expect(cancel(order!, mine, later(60))).toEqual({ problem: expect.objectContaining({ status: 409 }) });
  });

  it('is too late when it was rejected', () => {
    expect(() => requestCancel(applying(placedOrder(), [obstacles.outOfStock]).order)).toThrow(problem(409));
  });

  it('gets 404 for an order of another user, whatever its status', () => {
    for (const order of [placedOrder(), paid(), applying(placedOrder(), [obstacles.cancelled]).order]) {
      expect(() => cancel(order, { ...mine, userId: PAYMENT }, NOW)).toThrow(problem(404));
    }
  });

  it('gets 404 for an order that does not exist, and the cancellation is kept for an order that may still arrive', () => {
    const { order, ...rest } = cancel(undefined, mine, NOW);
    expect(order).toEqual({
      id: ORDER,
      userId: USER,
      status: 'cancelled',
      reason: 'customer',
      placedAt: null,
      recordedAt: NOW,
      version: 1,
    });
    expect(rest).toEqual({ problem: expect.objectContaining({ status: 404 }) });
    expect(cancel(order, mine, later(5))).toEqual({ order: { ...order, recordedAt: later(5) }, ...rest });
  });
});

describe('a request to halt without a reply', () => {
  it('is sent again by the sweep after a minute, and at most once a minute', () => {
    expect(resendHalt(halting(), later(59))).toEqual({});
    const again = resendHalt(halting(), later(60));
    expect(again).toEqual({
      order: { ...halting(), cancellationRequestedAt: later(60) },
      history: [],
      messages: [HaltParcels({ ...mine, allocation: BOTH_WAREHOUSES, address: halting().address })],
    });
    expect(resendHalt(again.order!, later(119))).toEqual({});
  });

  it('is not sent for an order without a requested cancellation, with a reply, or that has ended or is shipped', () => {
    const shipped = applying(halting(), [facts.eastDispatched, facts.westDispatched]).order;
    const ends = [obstacles.left, obstacles.halted].map((answer) => applying(halting(), [answer]).order);
    for (const order of [paid(), shipped, ...ends]) expect(resendHalt(order, later(1_000))).toEqual({});
  });
});

describe('a cancellation in a restored database', () => {
  const halt = (order: Order) => HaltParcels({ ...mine, allocation: BOTH_WAREHOUSES, address: order.address });
  const back = { ...mine, paymentId: PAYMENT, amount: { amount: 3_300, currency: 'USD' }, version: 4 };

  it('has the parcels halted again at once, while it waits', () =>
    expect(repeatHalt(halting(), later(1))).toEqual({
      order: { ...halting(), cancellationRequestedAt: later(1) },
      history: [],
      messages: [halt(halting())],
    }));

  it('is not repeated where none waits', () => {
    const refused = applying(halting(), [obstacles.left]).order;
    for (const order of [paid(), refused]) expect(repeatHalt(order, later(1))).toEqual({});
  });

  it('is made up for when the money has gone back: a paid order has its parcels halted', () => {
    const { order, history, messages } = refunded(paid(), back, NOW);
    expect(order).toMatchObject({ status: 'paid', cancellationRequestedAt: NOW, refundedAt: null });
    expect(history?.map(({ type }) => type)).toEqual(['order.cancellation_requested']);
    expect(messages).toEqual([halt(paid())]);
  });

  it('is made up for at once when the order was not known to be paid, and the refund is recorded then', () => {
    const unpaid = placedOrder({ coupon: COUPON });
    const { order, history } = refunded(unpaid, back, NOW);
    expect(order).toMatchObject({ status: 'cancelled', reason: 'customer' });
    expect(history?.map(({ type }) => type)).toEqual(['order.cancelled']);
    expect(refunded(order!, back, NOW).order).toMatchObject({ status: 'cancelled', refundedAt: NOW });
  });

  it('comes too late for parcels that have left', () => {
    const shipped = applying(paid(), [facts.eastDispatched, facts.westDispatched]).order;
    const refused = applying(halting(), [obstacles.left]).order;
    for (const order of [shipped, refused]) expect(refunded(order, back, NOW)).toEqual({});
  });
});

describe('the halting of the parcels', () => {
  const parcel = (warehouse: 'east' | 'west') => ({
    id: PARCELS[warehouse],
    warehouse,
    lines: [{ sku: 'MUG', quantity: 1 }],
  });
  const fact = { ...mine, version: 3, parcels: [parcel('east'), parcel('west')] };

  it.each([
    ['recorded', [facts.eastCreated, facts.westCreated]],
    ['not recorded yet', []],
  ])('cancels the order, its parcels being %s', (_, received) => {
    const { order, history, messages } = parcelsHalted(applying(halting(), received).order, fact, NOW);
    expect(order).toMatchObject({
      status: 'cancelled',
      reason: 'customer',
      parcels: [
        { ...parcel('east'), status: 'halted' },
        { ...parcel('west'), status: 'halted' },
      ],
    });
    expect(history).toMatchObject([{ type: 'order.cancelled', status: 'cancelled', detail: { reason: 'customer' } }]);
    expect(messages).toEqual([
      OrderCancelled({
        ...mine,
        version: order!.version,
        lines: order!.lines,
        allocation: BOTH_WAREHOUSES,
        reason: 'customer',
        coupon: COUPON,
      }),
    ]);
  });

  it('changes nothing more when the facts about the parcels arrive after it, and when it is delivered again', () => {
    const { order } = parcelsHalted(halting(), fact, NOW);
    expect(applying(order!, [facts.eastCreated, facts.westCreated, obstacles.halted, obstacles.left])).toEqual({
      order,
      history: [],
      messages: [],
    });
  });

  it('publishes no shipping: halted parcels have not left', () => {
    expect(hasLeft(parcelsHalted(halting(), fact, NOW).order!)).toBe(false);
  });

  it('changes nothing of an order whose parcels are recorded as dispatched', () => {
    expect(parcelsHalted(applying(halting(), [facts.eastDispatched]).order, fact, NOW)).toEqual({});
  });

  it('changes nothing of an order that has ended', () => {
    const { order } = applying(placedOrder(), [obstacles.outOfStock]);
    expect(parcelsHalted(order, fact, NOW)).toEqual({});
  });
});

describe('a parcel that had left', () => {
  it('lets the order continue, and publishes the refusal once', () => {
    const { order, history, messages } = parcelsLeft(halting(), NOW);
    expect(order).toEqual({
      ...halting(),
      cancellationRequestedAt: null,
      cancellationRefusedAt: NOW,
      version: halting().version + 1,
    });
    expect(history).toMatchObject([{ type: 'order.cancellation_refused', status: 'paid' }]);
    expect(messages).toEqual([OrderCancellationRefused({ ...mine, version: order!.version })]);
    expect(parcelsLeft(order!, NOW)).toEqual({});
  });

  it('does the same when the order was shipped meanwhile', () => {
    const { order, history } = applying(halting(), [facts.eastDispatched, facts.westDispatched, obstacles.left]);
    expect(order).toMatchObject({ status: 'shipped', cancellationRequestedAt: null });
    expect(history.map(({ type }) => type).slice(-2)).toEqual(['order.shipped', 'order.cancellation_refused']);
  });

  it('changes nothing of an order without a requested cancellation', () => {
    expect(parcelsLeft(paid(), NOW)).toEqual({});
  });
});
