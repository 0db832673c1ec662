import { Order as OrderSchema, parcelIdOf } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { orderOf } from './order-row.js';
import { couponRejected, stockRejected, stockReserved } from './order.js';
import { orderView } from './order.view.js';
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
  refund,
  types,
  USER,
  WINDOW_SECONDS,
  type Fact,
} from './testing/given.js';

describe('an order', () => {
  it.each([
    ['the stock first', [facts.stockReserved, facts.payableOpened], { allocation: BOTH_WAREHOUSES, payBy: null }],
    [
      'the payable first',
      [facts.payableOpened, facts.stockReserved],
      { allocation: null, payBy: later(WINDOW_SECONDS) },
    ],
  ])('can be paid when its stock is held and its payable is open: %s', (_, [first, second], half) => {
    const waiting = applying(placedOrder(), [first!]);
    expect(waiting).toMatchObject({ order: { status: 'pending', ...half }, messages: [] });
    expect(orderView(waiting.order, NOW).payBy).toBeUndefined();
    const payable = applying(waiting.order, [second!]);
    expect(payable.order).toMatchObject({ status: 'awaiting_payment', payBy: later(WINDOW_SECONDS) });
    expect(types(payable.messages)).toEqual(['order.awaiting_payment', 'orders.expire-payment']);
  });

  it.each([
    ['by a version that did not', orderOf({ ...placedOrder(), pricedAtOnce: null })],
    ['while payments may not read it', placedOrder({ pricedAtOnce: false })],
  ])('says its total with its stock when it did not say it as it was placed: %s', (_, placed) => {
    const { messages } = applying(placed, [facts.stockReserved]);
    expect(messages).toMatchObject([{ data: { total: { amount: 3_800, currency: 'EUR' } } }]);
    expect(types(messages)).toEqual(['order.priced']);
  });

  it('publishes everything that logistics needs when it is paid', () => {
    const { order, history, messages } = applying(placedOrder(), [
      facts.stockReserved,
      facts.payableOpened,
      facts.paymentCaptured,
    ]);
    expect(order).toMatchObject({ status: 'paid', paymentId: PAYMENT, paidAt: NOW });
    expect(messages.at(-1)!.data).toMatchObject({
      allocation: BOTH_WAREHOUSES,
      address: order.address,
      total: { amount: 3_800, currency: 'EUR' },
      lines: order.lines,
      version: history.find(({ type }) => type === 'order.paid')!.version,
    });
  });

  it('is shipped when the parcels of all warehouses have left, and completed when all have arrived', () => {
    const { order: paid } = applying(placedOrder(), [
      facts.stockReserved,
      facts.payableOpened,
      facts.paymentCaptured,
      facts.eastCreated,
    ]);
    const statuses = [
      facts.eastDispatched,
      facts.eastDelivered,
      facts.westCreated,
      facts.westDispatched,
      facts.westDelivered,
    ].map((_, index, all) => applying(paid, all.slice(0, index + 1)).order.status);
    expect(statuses).toEqual(['paid', 'paid', 'paid', 'shipped', 'completed']);
  });

  it.each(Object.entries(facts))('is not touched by %s that is delivered again, hours later', (_, fact) => {
    const { order } = applying(placedOrder(), Object.values(facts));
    expect(fact(order, new Date(NOW.getTime() + 7_200_000))).toEqual({});
  });

  it.each(['out_of_stock', 'unknown_product'] as const)(
    'is rejected once and for good when inventory replies %s',
    (reason) => {
      const rejection = { orderId: ORDER, userId: USER, version: 1, reason, skus: ['TEE'] };
      const { order, history, messages } = stockRejected(placedOrder(), rejection, NOW);
      expect(order).toMatchObject({ status: 'rejected', reason, version: 2 });
      expect(history).toMatchObject([
        { type: 'order.rejected', detail: { reason, skus: ['TEE'] }, status: 'rejected' },
      ]);
      expect(messages!.map(({ data }) => data)).toMatchObject([
        { orderId: ORDER, reason, lines: order!.lines, allocation: [] },
      ]);
      expect(stockRejected(order!, rejection, NOW)).toEqual({});
      expect(applying(order!, ANYTHING)).toEqual({ order, history: [], messages: [] });
    },
  );

  it('is not rejected for lack of stock that it already holds', () => {
    const { order } = applying(placedOrder(), [facts.stockReserved]);
    expect(
      stockRejected(order, { orderId: ORDER, userId: USER, version: 1, reason: 'out_of_stock', skus: ['TEE'] }, NOW),
    ).toEqual({});
  });
});

/** Any fact or obstacle but a capture, since no money is captured for a rejected order. */
const ANYTHING: readonly Fact[] = [...Object.values<Fact>(facts), ...Object.values<Fact>(obstacles)].filter(
  (fact) => fact !== facts.paymentCaptured,
);

describe('an order with a coupon', () => {
  const withCoupon = () => placedOrder({ coupon: COUPON });

  it.each([
    ['stock first', [facts.stockReserved, facts.couponRedeemed], ['stock.reserved', 'coupon.redeemed', 'order.priced']],
    [
      'the coupon first',
      [facts.couponRedeemed, facts.stockReserved],
      ['coupon.redeemed', 'stock.reserved', 'order.priced'],
    ],
  ])('has its total when both its stock and its discount are final: %s', (_, [first, second], given) => {
    const half = applying(withCoupon(), [first!]);
    expect([half.order.status, half.messages]).toEqual(['pending', []]);
    const { order, history, messages } = applying(withCoupon(), [first!, second!]);
    expect(order).toMatchObject({
      status: 'pending',
      subtotal: 3_800,
      discount: 500,
      total: 3_300,
      couponRedeemedAt: NOW,
    });
    expect(history.map(({ type }) => type)).toEqual(given);
    expect(history).toContainEqual({
      orderId: ORDER,
      version: expect.any(Number),
      at: NOW,
      type: 'coupon.redeemed',
      detail: { code: COUPON, discount: { amount: 500, currency: 'EUR' } },
      status: 'pending',
    });
    expect(messages.map(({ data }) => data)).toEqual([
      { orderId: ORDER, userId: USER, version: 4, total: { amount: 3_300, currency: 'EUR' } },
    ]);
  });

  it.each([
    ['reserved', [facts.stockReserved], BOTH_WAREHOUSES],
    ['not decided', [], []],
  ])('is rejected once and for good when promotions refuses it, its stock being %s', (_, before, allocation) => {
    const { order: pending } = applying(withCoupon(), before);
    const { order, history, messages } = couponRejected(
      pending,
      { orderId: ORDER, userId: USER, version: 1, code: COUPON, reason: 'used_up' },
      NOW,
    );
    expect(order).toMatchObject({ status: 'rejected', reason: 'coupon_rejected', discount: 0 });
    expect(history).toMatchObject([
      { type: 'order.rejected', detail: { reason: 'coupon_rejected', couponReason: 'used_up' }, status: 'rejected' },
    ]);
    const goods = { lines: order!.lines, allocation };
    expect(messages!.map(({ data }) => data)).toEqual([
      {
        orderId: ORDER,
        userId: USER,
        version: order!.version,
        ...goods,
        reason: 'coupon_rejected',
        coupon: COUPON,
        couponReason: 'used_up',
      },
    ]);
    expect(applying(order!, ANYTHING)).toEqual({ order, history: [], messages: [] });
  });

  it.each([
    ['redeemed', [facts.couponRedeemed]],
    ['not decided', []],
  ])('releases its coupon when it is rejected for lack of stock, its discount being %s', (_, before) => {
    const { order, messages } = applying(withCoupon(), [...before, obstacles.outOfStock]);
    expect(order).toMatchObject({ status: 'rejected', reason: 'out_of_stock' });
    expect(messages.map(({ data }) => data)).toMatchObject([{ lines: order.lines, allocation: [], coupon: COUPON }]);
  });

  it('is not rejected for a coupon that it has redeemed, or never had', () => {
    expect(obstacles.couponRejected(applying(withCoupon(), [facts.couponRedeemed]).order, NOW)).toEqual({});
    expect(obstacles.couponRejected(placedOrder(), NOW)).toEqual({});
  });

  it('keeps its price when a discount arrives for a coupon that it does not have', () => {
    expect(facts.couponRedeemed(placedOrder(), NOW)).toEqual({});
  });
});

describe('the history of an order', () => {
  it('contains the status after each entry, also when one fact causes several entries', () => {
    const { history } = applying(placedOrder(), [
      facts.paymentCaptured,
      facts.eastDelivered,
      facts.westDelivered,
      facts.stockReserved,
    ]);
    expect(history.map(({ type, status }) => [type, status])).toEqual([
      ['parcel.created', 'pending'],
      ['parcel.dispatched', 'pending'],
      ['parcel.delivered', 'pending'],
      ['parcel.created', 'pending'],
      ['parcel.dispatched', 'pending'],
      ['parcel.delivered', 'pending'],
      ['stock.reserved', 'pending'],
      ['order.priced', 'pending'],
      ['order.awaiting_payment', 'awaiting_payment'],
      ['order.paid', 'paid'],
      ['order.shipped', 'shipped'],
      ['order.completed', 'completed'],
    ]);
  });

  it('contains the parcels as soon as the order is paid, with the ids that logistics gives them', () => {
    const { order, history } = applying(placedOrder(), [
      facts.westDispatched,
      facts.stockReserved,
      facts.payableOpened,
      facts.paymentCaptured,
    ]);
    expect(order.parcels).toEqual([
      { id: parcelIdOf(ORDER, 'east'), warehouse: 'east', status: 'preparing', lines: [{ sku: 'TEE', quantity: 1 }] },
      { id: parcelIdOf(ORDER, 'west'), warehouse: 'west', status: 'dispatched', lines: [] },
    ]);
    expect(history.slice(-2)).toMatchObject([
      { type: 'order.paid', status: 'paid' },
      { type: 'parcel.created', status: 'paid', detail: { parcelId: parcelIdOf(ORDER, 'east'), warehouse: 'east' } },
    ]);
    expect(applying(order, [facts.eastCreated, facts.westCreated]).history).toEqual([]);
  });

  it('names the warehouses that hold the stock', () => {
    const westFirst: Fact = (order, now) =>
      stockReserved(
        order,
        { orderId: ORDER, userId: USER, version: 1, allocation: [...BOTH_WAREHOUSES].reverse() },
        WINDOW_SECONDS,
        now,
      );
    for (const reserved of [facts.stockReserved, westFirst])
      expect(applying(placedOrder(), [reserved]).history[0]).toMatchObject({
        type: 'stock.reserved',
        detail: { warehouses: ['east', 'west'] },
      });
  });

  it('contains the price, the payment, the parcels and the refund', () => {
    const total = { amount: 3_800, currency: 'EUR' };
    const { order, history } = applying(placedOrder(), [
      facts.stockReserved,
      facts.payableOpened,
      facts.paymentCaptured,
      facts.eastDelivered,
    ]);
    const withoutWest = history.filter(({ detail }) => detail['warehouse'] !== 'west');
    const details = new Map(withoutWest.map(({ type, detail }) => [type, detail]));
    expect(details.get('order.priced')).toEqual({ total });
    expect(details.get('order.awaiting_payment')).toEqual({ total, payBy: order.payBy!.toISOString() });
    expect(details.get('order.paid')).toEqual({ total });
    for (const type of ['parcel.created', 'parcel.dispatched', 'parcel.delivered'])
      expect(details.get(type)).toEqual({ parcelId: PARCELS.east, warehouse: 'east' });
    const { order: cancelled } = applying(placedOrder(), [facts.paymentCaptured, obstacles.cancelled]);
    expect(refund(cancelled, NOW).history).toMatchObject([{ type: 'payment.refunded', detail: { amount: total } }]);
  });
});

describe('the view of an order', () => {
  const { order } = applying(placedOrder(), [facts.stockReserved, facts.payableOpened]);

  it('counts the seconds that are left to pay, down to zero', () => {
    const at = (ms: number) => orderView(order, new Date(NOW.getTime() + ms)).secondsLeft;
    expect([at(0), at(1_500), at(WINDOW_SECONDS * 1_000), at(WINDOW_SECONDS * 2_000)]).toEqual([
      WINDOW_SECONDS,
      WINDOW_SECONDS - 1,
      0,
      0,
    ]);
    const { order: paid } = applying(order, [facts.paymentCaptured]);
    expect(orderView(paid, NOW)).not.toHaveProperty('secondsLeft');
  });

  it('names the warehouse of a line that comes from one, and of no other', () => {
    expect(orderView(order, NOW).lines.map(({ sku, warehouse }) => [sku, warehouse])).toEqual([
      ['TEE', undefined],
      ['MUG', 'west'],
    ]);
  });

  it('shows the coupon, and the discount once it is final', () => {
    const view = (received: readonly Fact[]) =>
      orderView(applying(placedOrder({ coupon: COUPON }), received).order, NOW);
    expect(view([])).toMatchObject({ coupon: COUPON, discount: { amount: 0 }, total: { amount: 3_800 } });
    expect(view([facts.couponRedeemed])).toMatchObject({
      coupon: COUPON,
      discount: { amount: 500 },
      total: { amount: 3_300 },
    });
    expect(orderView(order, NOW)).not.toHaveProperty('coupon');
  });

  it('shows that a cancellation was requested while it is paid', () => {
    const { order: halting } = applying(order, [facts.paymentCaptured, obstacles.cancelled]);
    expect(orderView(halting, NOW)).toMatchObject({ status: 'paid', cancellationRequestedAt: NOW.toISOString() });
    for (const next of [[obstacles.halted], [obstacles.left], [facts.eastDelivered, facts.westDelivered]])
      expect(orderView(applying(halting, next).order, NOW)).not.toHaveProperty('cancellationRequestedAt');
  });

  it.each([
    ['with', COUPON],
    ['without', undefined],
  ])('agrees with the contract at every step, %s a coupon', (_, coupon) => {
    const all = Object.values(facts);
    const placed = placedOrder({ coupon });
    for (const obstacle of [undefined, ...Object.values(obstacles)])
      for (const received of all.keys()) {
        const { order: at } = applying(placed, [...all.slice(0, received), ...(obstacle ? [obstacle] : [])]);
        expect(OrderSchema.strict().safeParse(orderView(at, NOW))).toMatchObject({ success: true });
      }
    const { parcels } = orderView(applying(placed, all).order, NOW);
    expect(parcels).toMatchObject([
      { id: PARCELS.east, status: 'delivered' },
      { id: PARCELS.west, status: 'delivered' },
    ]);
  });
});
