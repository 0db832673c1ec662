import { Order as OrderSchema, type Outgoing } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { place, stockRejected } from './order.js';
import { orderView } from './order.view.js';
import { BOTH_WAREHOUSES, facts, hearing, NOW, ORDER, PARCELS, PAYMENT, placedOrder, PRICES, request, USER, WINDOW_SECONDS } from './testing/given.js';

const awaited = { awaited: true };
const types = (messages: readonly Outgoing[] = []) => messages.map(({ contract }) => contract.type);

describe('placing an order', () => {
  it('tells the order with the names and prices of now', () => {
    const { order, history, messages, reply } = place(undefined, request(), PRICES, awaited, NOW);
    expect(order).toMatchObject({ id: ORDER, status: 'pending', subtotal: 3_800, discount: 0, total: 3_800, currency: 'EUR', version: 1 });
    expect(types(messages)).toEqual(['order.placed']);
    expect(messages![0]!.data).toEqual({
      orderId: ORDER,
      userId: USER,
      version: 1,
      lines: [
        { sku: 'TEE', name: 'T-shirt', quantity: 2, unitPrice: { amount: 1_500, currency: 'EUR' } },
        { sku: 'MUG', name: 'Mug', quantity: 1, unitPrice: { amount: 800, currency: 'EUR' } },
      ],
      subtotal: { amount: 3_800, currency: 'EUR' },
    });
    expect(history).toMatchObject([{ orderId: ORDER, version: 1, type: 'order.placed', at: NOW }]);
    expect(OrderSchema.parse(reply)).toMatchObject({ id: ORDER, status: 'pending', total: { amount: 3_800, currency: 'EUR' }, parcels: [] });
  });

  it('answers the same request again from the order as it is, and changes nothing', () => {
    const { order } = hearing(placedOrder(), [facts.stockReserved, facts.payableOpened]);
    const again = place(order, request(), PRICES, awaited, NOW);
    expect(again).toEqual({ reply: orderView(order, NOW) });
    expect(again.reply).toMatchObject({ status: 'awaiting_payment' });
  });

  it.each([
    ['another body', { bodyHash: 'hash of another body' }],
    ['another user', { userId: PAYMENT }],
  ])('refuses %s under the id of an order', (_, change) => {
    expect(() => place(placedOrder(), request(change), PRICES, awaited, NOW)).toThrow(expect.objectContaining({ problem: expect.objectContaining({ status: 409 }) }));
  });

  it('makes one line of the same SKU in two', () => {
    const lines = [{ sku: 'TEE', quantity: 2 }, { sku: 'MUG', quantity: 1 }, { sku: 'TEE', quantity: 3 }];
    const { order } = place(undefined, request({ lines }), PRICES, awaited, NOW);
    expect(order!.lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([['TEE', 5], ['MUG', 1]]);
    expect(order!.total).toBe(5 * 1_500 + 800);
  });

  const refusals: [string, { sku: string; quantity: number }[], string][] = [
    ['an unknown SKU', [{ sku: 'TEE', quantity: 1 }, { sku: 'NOPE', quantity: 1 }], 'unknown_product'],
    ['two currencies', [{ sku: 'TEE', quantity: 1 }, { sku: 'CAP', quantity: 1 }], 'not_orderable'],
    ['more pieces of a SKU than a line takes', [{ sku: 'MUG', quantity: 10_000 }, { sku: 'MUG', quantity: 1 }], 'not_orderable'],
    ['an amount beyond the limit', [{ sku: 'YACHT', quantity: 10_000 }], 'not_orderable'],
  ];

  it.each(refusals)('refuses %s to a caller who waits, and keeps nothing', (_, lines) => {
    expect(() => place(undefined, request({ lines }), PRICES, awaited, NOW)).toThrow(expect.objectContaining({ problem: expect.objectContaining({ status: 422 }) }));
  });

  it.each(refusals)('keeps an order with %s as rejected when nobody waits any more', (_, lines, reason) => {
    const { order, history, messages, reply } = place(undefined, request({ lines }), PRICES, { awaited: false }, NOW);
    expect(order).toMatchObject({ status: 'rejected', reason, total: 0, version: 2 });
    expect(history!.map(({ type, version }) => [type, version])).toEqual([['order.placed', 1], ['order.rejected', 2]]);
    expect(types(messages)).toEqual(['order.rejected']);
    expect(messages![0]!.contract.schema.safeParse(messages![0]!.data)).toMatchObject({ success: true });
    expect(OrderSchema.parse(reply)).toMatchObject({ status: 'rejected', reason });
  });
});

describe('an order', () => {
  it('has its total when its stock is held, and can be paid only when the payable is open', () => {
    const priced = hearing(placedOrder(), [facts.stockReserved]);
    expect(priced.order).toMatchObject({ status: 'pending', allocation: BOTH_WAREHOUSES, payBy: null });
    expect(priced.messages.map(({ data }) => data)).toMatchObject([{ total: { amount: 3_800, currency: 'EUR' } }]);
    const payable = hearing(priced.order, [facts.payableOpened]);
    expect(payable.order).toMatchObject({ status: 'awaiting_payment', payBy: new Date(NOW.getTime() + WINDOW_SECONDS * 1_000) });
    expect(types(payable.messages)).toEqual(['order.awaiting_payment', 'orders.expire-payment']);
  });

  it('tells whoever prepares it everything about it when it is paid', () => {
    const { order, messages } = hearing(placedOrder(), [facts.stockReserved, facts.payableOpened, facts.paymentCaptured]);
    expect(order).toMatchObject({ status: 'paid', paymentId: PAYMENT, paidAt: NOW });
    expect(messages.at(-1)!.data).toMatchObject({ allocation: BOTH_WAREHOUSES, address: order.address, total: { amount: 3_800, currency: 'EUR' }, lines: order.lines, version: order.version });
  });

  it('is shipped when the parcels of all warehouses have left, and completed when all have arrived', () => {
    const { order: paid } = hearing(placedOrder(), [facts.stockReserved, facts.payableOpened, facts.paymentCaptured, facts.eastCreated]);
    const statuses = [facts.eastDispatched, facts.eastDelivered, facts.westCreated, facts.westDispatched, facts.westDelivered].map((_, index, all) => hearing(paid, all.slice(0, index + 1)).order.status);
    expect(statuses).toEqual(['paid', 'paid', 'paid', 'shipped', 'completed']);
  });

  it.each(Object.entries(facts))('is not touched by %s that comes again, hours later', (_, fact) => {
    const { order } = hearing(placedOrder(), Object.values(facts));
    expect(fact(order, new Date(NOW.getTime() + 7_200_000))).toEqual({});
  });

  it.each(['out_of_stock', 'unknown_product'] as const)('is rejected once and for good when inventory says %s', (reason) => {
    const rejection = { orderId: ORDER, userId: USER, version: 1, reason, skus: ['TEE'] };
    const { order, history, messages } = stockRejected(placedOrder(), rejection, NOW);
    expect(order).toMatchObject({ status: 'rejected', reason, version: 2 });
    expect(history).toMatchObject([{ type: 'order.rejected', detail: { reason, skus: ['TEE'] } }]);
    expect(messages!.map(({ data }) => data)).toMatchObject([{ orderId: ORDER, reason, lines: order!.lines, allocation: [] }]);
    expect(stockRejected(order!, rejection, NOW)).toEqual({});
    expect(hearing(order!, Object.values(facts))).toEqual({ order, history: [], messages: [] });
  });

  it('is not rejected for want of stock that it has', () => {
    const { order } = hearing(placedOrder(), [facts.stockReserved]);
    expect(stockRejected(order, { orderId: ORDER, userId: USER, version: 1, reason: 'out_of_stock', skus: ['TEE'] }, NOW)).toEqual({});
  });
});

describe('the view of an order', () => {
  const { order } = hearing(placedOrder(), [facts.stockReserved, facts.payableOpened]);

  it('counts the seconds that are left to pay, down to zero', () => {
    const at = (ms: number) => orderView(order, new Date(NOW.getTime() + ms)).secondsLeft;
    expect([at(0), at(1_500), at(WINDOW_SECONDS * 1_000), at(WINDOW_SECONDS * 2_000)]).toEqual([WINDOW_SECONDS, WINDOW_SECONDS - 1, 0, 0]);
    const { order: paid } = hearing(order, [facts.paymentCaptured]);
    expect(orderView(paid, NOW)).not.toHaveProperty('secondsLeft');
  });

  it('names the warehouse of a line that comes from one, and of no other', () => {
    expect(orderView(order, NOW).lines.map(({ sku, warehouse }) => [sku, warehouse])).toEqual([['TEE', undefined], ['MUG', 'west']]);
  });

  it('is what the contract says, at every step', () => {
    const all = Object.values(facts);
    for (const heard of all.keys()) expect(OrderSchema.safeParse(orderView(hearing(order, all.slice(0, heard + 1)).order, NOW))).toMatchObject({ success: true });
    const { parcels } = orderView(hearing(order, all).order, NOW);
    expect(parcels).toMatchObject([{ id: PARCELS.east, status: 'delivered' }, { id: PARCELS.west, status: 'delivered' }]);
  });
});
