import { Order as OrderSchema, OrderCancelled, PlaceUnlisted, type Order as OrderView } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { cancel } from './cancellation.js';
import type { Change } from './order-steps.js';
import { orderView } from './order.view.js';
import { place } from './placing.js';
import { disclosed } from './refusal.js';
import type { EarlyCancellation, Order, RefusedOrder } from './tables.js';
import {
  ATTENDED,
  COUPON,
  type Fact,
  facts,
  applying,
  later,
  NOW,
  ORDER,
  PAYMENT,
  placedOrder,
  PRICES,
  request,
  types,
  NOT_LOOKED_UP,
  UNATTENDED,
  USER,
} from './testing/given.js';

/** For a request that becomes an order. */
const placing = (...given: Parameters<typeof place>) => place(...given) as Change<OrderView>;
const problem = (status: number) => expect.objectContaining({ problem: expect.objectContaining({ status }) });

describe('placing an order', () => {
  it('publishes the order with the current names and prices', () => {
    const { order, history, messages, reply } = place(undefined, request(), PRICES, ATTENDED, NOW);
    expect(order).toMatchObject({
      id: ORDER,
      status: 'pending',
      subtotal: 3_800,
      discount: 0,
      total: 3_800,
      currency: 'EUR',
      version: 1,
    });
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
      total: { amount: 3_800, currency: 'EUR' },
      acceptedAt: NOW.toISOString(),
    });
    expect(history).toMatchObject([{ orderId: ORDER, version: 1, type: 'order.placed', at: NOW }]);
    expect(OrderSchema.parse(reply)).toMatchObject({
      id: ORDER,
      status: 'pending',
      total: { amount: 3_800, currency: 'EUR' },
      parcels: [],
    });
  });

  it('replies to the same request again with the current order, and changes nothing', () => {
    const { order } = applying(placedOrder(), [facts.stockReserved, facts.payableOpened]);
    const again = place(order, request(), PRICES, ATTENDED, NOW);
    expect(again).toEqual({ reply: orderView(order, NOW) });
    expect(again.reply).toMatchObject({ status: 'awaiting_payment' });
  });

  it.each([
    ['another body', { bodyHash: 'hash of another body' }],
    ['another user', { userId: PAYMENT }],
  ])('refuses %s under the id of an order', (_, change) => {
    expect(() => place(placedOrder(), request(change), PRICES, ATTENDED, NOW)).toThrow(problem(409));
  });

  it('of a flash sale uses the price of the sale, and every fact about it names the sale', () => {
    const flashSale = { id: PAYMENT, unitPrice: { amount: 99, currency: 'USD' } };
    const { order, messages, reply } = placing(
      undefined,
      request({ lines: [{ sku: 'TEE', quantity: 1 }], flashSale, payWithinSeconds: 60 }),
      PRICES,
      UNATTENDED,
      NOW,
    );
    expect(order).toMatchObject({
      flashSaleId: PAYMENT,
      payWithinSeconds: 60,
      total: 99,
      currency: 'USD',
      lines: [{ name: 'T-shirt', unitPrice: flashSale.unitPrice }],
    });
    expect(reply).toMatchObject({ flashSaleId: PAYMENT });
    const { messages: later } = applying(order!, [facts.stockReserved, facts.payableOpened, facts.paymentCaptured]);
    const own = [...messages!, ...later].filter(({ contract }) => contract.kind === 'event');
    expect(own.map(({ contract, data }) => [contract.type, (data as { flashSaleId?: string }).flashSaleId])).toEqual(
      ['order.placed', 'order.awaiting_payment', 'order.paid'].map((type) => [type, PAYMENT]),
    );
    const refused = place(
      undefined,
      request({ lines: [{ sku: 'NOPE', quantity: 1 }], flashSale }),
      PRICES,
      UNATTENDED,
      NOW,
    );
    expect(refused.messages).toMatchObject([{ data: { reason: 'unknown_product', flashSaleId: PAYMENT } }]);
  });

  it('merges two lines of the same SKU into one', () => {
    const lines = [
      { sku: 'TEE', quantity: 2 },
      { sku: 'MUG', quantity: 1 },
      { sku: 'TEE', quantity: 3 },
    ];
    const { order } = placing(undefined, request({ lines }), PRICES, ATTENDED, NOW);
    expect(order!.lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([
      ['TEE', 5],
      ['MUG', 1],
    ]);
    expect(order!.total).toBe(5 * 1_500 + 800);
  });

  const refusals: [string, { sku: string; quantity: number }[], string][] = [
    [
      'an unknown SKU',
      [
        { sku: 'TEE', quantity: 1 },
        { sku: 'NOPE', quantity: 1 },
      ],
      'unknown_product',
    ],
    [
      'two currencies',
      [
        { sku: 'TEE', quantity: 1 },
        { sku: 'CAP', quantity: 1 },
      ],
      'not_orderable',
    ],
    [
      'more pieces of a SKU than a line takes',
      [
        { sku: 'MUG', quantity: 10_000 },
        { sku: 'MUG', quantity: 1 },
      ],
      'not_orderable',
    ],
    ['an amount beyond the limit', [{ sku: 'YACHT', quantity: 10_000 }], 'not_orderable'],
  ];

  it.each(refusals)(
    'refuses %s to a waiting caller, and stores the refusal, which is no order and causes no message',
    (_, lines, reason) => {
      const { order, problem: answer, ...rest } = place(undefined, request({ lines }), PRICES, ATTENDED, NOW);
      expect(answer).toMatchObject({
        status: 422,
        title: 'Not orderable',
        detail: expect.any(String),
        skus: expect.any(Array),
      });
      const refusal = { detail: answer!.detail, skus: answer!['skus'] };
      expect(order).toMatchObject({
        id: ORDER,
        userId: USER,
        status: 'rejected',
        reason,
        placedAt: null,
        recordedAt: NOW,
        refusal,
        bodyHash: 'hash of the body',
        total: 0,
        version: 1,
      });
      expect(rest).toEqual({});
    },
  );

  it.each(refusals)('stores an order with %s as rejected when no caller waits', (_, lines, reason) => {
    const { order, history, messages, reply } = place(undefined, request({ lines }), PRICES, UNATTENDED, NOW);
    expect(order).toMatchObject({ status: 'rejected', reason, total: 0, placedAt: NOW, version: 2 });
    expect(history!.map(({ type, version }) => [type, version])).toEqual([
      ['order.placed', 1],
      ['order.rejected', 2],
    ]);
    expect(types(messages)).toEqual(['order.rejected']);
    expect(messages![0]!.contract.schema.safeParse(messages![0]!.data)).toMatchObject({ success: true });
    expect(OrderSchema.parse(reply)).toMatchObject({ status: 'rejected', reason });
  });

  it('publishes the coupon, and keeps the payment window of the request', () => {
    const { order, messages, reply } = place(
      undefined,
      request({ coupon: COUPON, payWithinSeconds: 90 }),
      PRICES,
      ATTENDED,
      NOW,
    );
    expect(order).toMatchObject({
      coupon: COUPON,
      couponRedeemedAt: null,
      payWithinSeconds: 90,
      discount: 0,
      total: 3_800,
    });
    expect(messages![0]!.data).toMatchObject({ coupon: COUPON });
    expect(OrderSchema.parse(reply)).toMatchObject({ coupon: COUPON });
  });
});

describe('a product as the shop showed it', () => {
  const shown = (sku: string, amount: number, { currency = 'EUR', name = `The ${sku}`, version = 9 } = {}) => ({
    sku,
    name,
    price: { amount, currency },
    version,
  });

  it.each([
    ['newer', 9],
    ['older', 0],
  ])('gives the order its price and name, also when it is %s than the copy in orders', (_, version) => {
    const { order } = placing(
      undefined,
      request({ shown: [shown('TEE', 1_000, { version }), shown('MUG', 1, { version })] }),
      PRICES,
      ATTENDED,
      NOW,
    );
    expect(order).toMatchObject({
      subtotal: 2_001,
      lines: [
        { name: 'The TEE', quantity: 2 },
        { name: 'The MUG', unitPrice: { amount: 1 } },
      ],
    });
  });

  it('applies to the lines that were shown; the others are priced from the copies in orders', () => {
    const lines = ['TEE', 'HAT', 'MUG', 'HAT'].map((sku) => ({ sku, quantity: 1 }));
    const { order } = placing(undefined, request({ lines, shown: [shown('HAT', 20)] }), PRICES, NOT_LOOKED_UP, NOW);
    expect(order!.lines.map(({ name, quantity, unitPrice }) => [name, quantity, unitPrice.amount])).toEqual([
      ['T-shirt', 1, 1_500],
      ['The HAT', 2, 20],
      ['Mug', 1, 800],
    ]);
  });

  it('decides whether an order has one currency', () => {
    const other = request({ shown: [shown('TEE', 10, { currency: 'USD' })] });
    expect(place(undefined, other, PRICES, ATTENDED, NOW)).toMatchObject({
      order: { reason: 'not_orderable' },
      problem: { status: 422 },
    });
    const both = request({ shown: ['TEE', 'MUG'].map((sku) => shown(sku, 10, { currency: 'USD' })) });
    expect(placing(undefined, both, PRICES, ATTENDED, NOW).order).toMatchObject({ currency: 'USD', total: 30 });
  });

  it('gives the name of a product in a flash sale, and not its price', () => {
    const flashSale = { id: PAYMENT, unitPrice: { amount: 99, currency: 'USD' } };
    const { order } = placing(
      undefined,
      request({ lines: [{ sku: 'HAT', quantity: 1 }], flashSale, shown: [shown('HAT', 5_000)] }),
      PRICES,
      NOT_LOOKED_UP,
      NOW,
    );
    expect(order).toMatchObject({ total: 99, currency: 'USD', lines: [{ name: 'The HAT' }] });
  });

  it('does not make the same request a different order', () => {
    const { order } = placing(undefined, request({ shown: [shown('TEE', 1_000)] }), PRICES, ATTENDED, NOW);
    expect(place(order, request({ shown: [shown('TEE', 2_000, { version: 10 })] }), PRICES, ATTENDED, NOW)).toEqual({
      reply: orderView(order!, NOW),
    });
  });

  it.each(['constructor', 'toString'])('is looked up also when the SKU is %s', (sku) => {
    const odd = request({ lines: [{ sku, quantity: 1 }] });
    expect(types(place(undefined, odd, Object.create(null) as typeof PRICES, NOT_LOOKED_UP, NOW).messages)).toEqual([
      'orders.place-unlisted',
    ]);
    expect(placing(undefined, { ...odd, shown: [shown(sku, 7)] }, PRICES, NOT_LOOKED_UP, NOW).order).toMatchObject({
      total: 7,
    });
  });
});

describe('an order with a product that has no copy in orders', () => {
  const unlisted = request({
    lines: [
      { sku: 'TEE', quantity: 1 },
      { sku: 'HAT', quantity: 1 },
    ],
  });

  it('is not decided before inventory was queried: request and caller are forwarded unchanged', () => {
    for (const delivered of [
      NOT_LOOKED_UP,
      { ...NOT_LOOKED_UP, unattended: true },
      { ...NOT_LOOKED_UP, redelivered: true },
    ])
      expect(place(undefined, unlisted, PRICES, delivered, NOW)).toEqual({
        messages: [PlaceUnlisted(unlisted, { delegate: true })],
      });
  });

  it('is decided at once when no reply of inventory would change the decision', () => {
    expect(place(placedOrder(), request({ lines: unlisted.lines }), PRICES, NOT_LOOKED_UP, NOW)).toMatchObject({
      reply: { status: 'pending' },
    });
    expect(() => place(placedOrder(), { ...unlisted, bodyHash: 'another' }, PRICES, NOT_LOOKED_UP, NOW)).toThrow(
      problem(409),
    );
  });

  it('is refused when inventory has no such product either', () => {
    expect(place(undefined, unlisted, PRICES, ATTENDED, NOW)).toMatchObject({
      problem: { status: 422, skus: ['HAT'] },
    });
  });
});

describe('an order that was cancelled before it arrived', () => {
  const cancelledBy = (userId: string) => cancel(undefined, { orderId: ORDER, userId }, NOW).order as EarlyCancellation;

  it('is stored with its content as cancelled, and only its end is published', () => {
    const { order, history, messages, reply } = placing(
      cancelledBy(USER),
      request({ coupon: COUPON }),
      PRICES,
      ATTENDED,
      NOW,
    );
    expect(order).toMatchObject({
      status: 'cancelled',
      reason: 'customer',
      subtotal: 3_800,
      coupon: COUPON,
      placedAt: NOW,
      version: 2,
    });
    expect(history).toMatchObject([
      { version: 1, type: 'order.placed', status: 'pending' },
      { version: 2, type: 'order.cancelled', status: 'cancelled', detail: { reason: 'customer' } },
    ]);
    expect(messages).toEqual([
      OrderCancelled({
        orderId: ORDER,
        userId: USER,
        version: 2,
        lines: order!.lines,
        allocation: [],
        reason: 'customer',
        coupon: COUPON,
      }),
    ]);
    expect(reply).toEqual(orderView(order!, NOW));
    expect(
      applying(
        order!,
        Object.values<Fact>(facts).filter((fact) => fact !== facts.paymentCaptured),
      ),
    ).toEqual({ order, history: [], messages: [] });
  });

  it('is placed like any other when another user cancelled it', () => {
    expect(place(cancelledBy(PAYMENT), request(), PRICES, ATTENDED, NOW)).toEqual(
      place(undefined, request(), PRICES, ATTENDED, NOW),
    );
  });

  it('is refused like any other when its lines cannot be ordered', () => {
    const impossible = request({ lines: [{ sku: 'NOPE', quantity: 1 }] });
    for (const delivered of [ATTENDED, UNATTENDED]) {
      const { order, messages, problem: answer } = place(cancelledBy(USER), impossible, PRICES, delivered, NOW);
      expect([order, answer]).toMatchObject([
        { status: 'rejected', reason: 'unknown_product', placedAt: NOW },
        { status: 422 },
      ]);
      expect(types(messages)).toEqual(['order.rejected']);
    }
    expect(place(cancelledBy(PAYMENT), impossible, PRICES, ATTENDED, NOW)).toEqual(
      place(undefined, impossible, PRICES, ATTENDED, NOW),
    );
  });
});

describe('a request that was refused', () => {
  const impossible = request({ lines: [{ sku: 'NOPE', quantity: 1 }], coupon: COUPON });
  const refusal = () => place(undefined, impossible, PRICES, ATTENDED, NOW);
  const row = () => refusal().order as RefusedOrder;
  const nowListed = { ...PRICES, NOPE: { ...PRICES['TEE']!, sku: 'NOPE' } };

  it.each([
    ['the same body', impossible],
    ['another body', request({ bodyHash: 'hash of another body' })],
  ])('is decided again when it is sent again, with %s', (_, again) => {
    expect(place(row(), again, nowListed, ATTENDED, later(5))).toEqual(
      place(undefined, again, nowListed, ATTENDED, later(5)),
    );
    expect(place(row(), impossible, PRICES, ATTENDED, later(5))).toMatchObject({
      order: { recordedAt: later(5), placedAt: null },
      problem: { status: 422 },
    });
  });

  it('gets the same reply when its message is delivered again, whatever facts arrived since, and nothing is written', () => {
    expect(place(row(), impossible, nowListed, { ...ATTENDED, redelivered: true }, later(5))).toEqual({
      problem: refusal().problem,
    });
  });

  it('is decided when it has no decision yet, although the broker delivers it again', () => {
    expect(place(undefined, impossible, PRICES, { ...ATTENDED, redelivered: true }, NOW)).toEqual(refusal());
    expect(place(row(), impossible, PRICES, { ...UNATTENDED, redelivered: true }, later(5)).order).toMatchObject({
      status: 'rejected',
      placedAt: later(5),
      version: 2,
    });
  });

  it('becomes a rejected order when it is sent again and no caller waits for the reply', () => {
    expect(place(row(), impossible, PRICES, UNATTENDED, later(5))).toEqual(
      place(undefined, impossible, PRICES, UNATTENDED, later(5)),
    );
  });

  it('of another user does not prevent the order', () => {
    expect(place({ ...row(), userId: PAYMENT }, request(), PRICES, ATTENDED, NOW)).toEqual(
      place(undefined, request(), PRICES, ATTENDED, NOW),
    );
  });

  it('becomes the same order as an unattended one, at its own time, when its user looks for it', () => {
    const unattended = place(undefined, impossible, PRICES, UNATTENDED, NOW);
    const { order, history, messages } = disclosed(row());
    expect({ order, history, messages }).toEqual({
      order: unattended.order,
      history: unattended.history,
      messages: unattended.messages,
    });
  });

  it('is too late to cancel for its customer, who then has a rejected order, and is 404 for other users', () => {
    const { order, messages, problem: answer } = cancel(row(), { orderId: ORDER, userId: USER }, later(5));
    expect([order, answer]).toMatchObject([{ status: 'rejected', placedAt: NOW, version: 2 }, { status: 409 }]);
    expect(types(messages)).toEqual(['order.rejected']);
    expect(place(order, impossible, nowListed, ATTENDED, later(6))).toEqual({
      reply: orderView(order as Order, later(6)),
    });
    expect(() => cancel(row(), { orderId: ORDER, userId: PAYMENT }, later(5))).toThrow(problem(404));
  });
});
