import { AccountVerified, Order as OrderSchema, PlaceOrder } from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import { eventually, testBroker, testDatabase, type TestBroker, type TestDatabase } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { place, type Request } from './placing.js';
import type { Refusal } from './pricing.js';
import { disclosed } from './refusal.js';
import { orderTables, type Customer, type RefusedOrder } from './tables.js';
import { ATTENDED, NOW, ORDER, PAYMENT, PRICES, request, types, UNATTENDED, USER } from './testing/given.js';
import { RETRY_MS, startOrders, type Running } from './testing/running.js';
import { newRequest, openScene, storyOf, type Scene } from './testing/scene.js';
import { exceededLimit, unpaidStateOf, verified, withOrder } from './unpaid-limit.js';

const LIMITS = { UNPAID_ORDERS: 4, UNPAID_PIECES: 30, UNPAID_ORDERS_UNVERIFIED: 2, UNPAID_PIECES_UNVERIFIED: 9 };
const pieces = (quantity: number) => [{ quantity }];

describe('the unpaid orders of an account', () => {
  const beyond = (unpaid: Record<string, number>, quantity: number, isVerified: boolean) =>
    exceededLimit({ unpaid, verified: isVerified }, pieces(quantity), LIMITS);

  it.each([
    [false, { a: 4 }, 5, undefined],
    [false, { a: 4 }, 6, 'unpaid_pieces'],
    [false, { a: 1, b: 1 }, 1, 'unpaid_orders'],
    [false, {}, 10, 'unpaid_pieces'],
    [true, { a: 1, b: 1, c: 1 }, 27, undefined],
    [true, { a: 1, b: 1, c: 1 }, 28, 'unpaid_pieces'],
    [true, { a: 1, b: 1, c: 1, d: 1 }, 1, 'unpaid_orders'],
  ])(
    'are limited in orders and in pieces, to less before the phone is verified (verified: %s, %j and %d more: %s)',
    (isVerified, unpaid, quantity, limit) => {
      expect(beyond(unpaid, quantity, isVerified)?.limit).toBe(limit);
    },
  );

  it('are refused with the limit and the remedy', () => {
    expect(beyond({ a: 1, b: 1 }, 1, false)).toMatchObject({
      reason: 'not_orderable',
      detail:
        'An account whose phone is not verified may have 2 unpaid orders at a time. ' +
        'Verify the phone, or pay or cancel an order, then send this one again.',
    });
    expect(beyond({}, 31, true)).toMatchObject({
      detail: 'An account may have 30 unpaid pieces at a time. Pay or cancel an order, then send this one again.',
    });
  });

  it('are not limited by 0', () => {
    expect(
      exceededLimit({ unpaid: { a: 1_000 }, verified: false }, pieces(10_000), {
        ...LIMITS,
        UNPAID_ORDERS_UNVERIFIED: 0,
        UNPAID_PIECES_UNVERIFIED: 0,
      }),
    ).toBeUndefined();
  });

  it('are the committed ones and those placed in this transaction, each once, and none of an earlier transaction', () => {
    const about = { userId: USER, orderId: ORDER };
    const one = withOrder(undefined, about, pieces(3), NOW);
    const two = withOrder(one, { ...about, orderId: PAYMENT }, pieces(4), NOW);
    expect(unpaidStateOf(two, { userId: USER, orders: { [ORDER]: 3, other: 1 } }, NOW)).toEqual({
      verified: false,
      unpaid: { [ORDER]: 3, [PAYMENT]: 4, other: 1 },
    });
    const later = new Date(NOW.getTime() + 1);
    expect(unpaidStateOf(two, { userId: USER, orders: { other: 1 } }, later).unpaid).toEqual({ other: 1 });
    expect(withOrder(two, { ...about, orderId: 'next' }, pieces(1), later)).toMatchObject({
      placed: { next: 1 },
      placedAt: later,
      version: 3,
    });
  });

  it('have the limit of a verified phone, before and after the first order', () => {
    const early: Customer = verified(undefined, USER, NOW);
    expect(unpaidStateOf(withOrder(early, { userId: USER, orderId: ORDER }, pieces(1), NOW), undefined, NOW)).toEqual({
      verified: true,
      unpaid: { [ORDER]: 1 },
    });
    const late = verified(withOrder(undefined, { userId: USER, orderId: ORDER }, pieces(1), NOW), USER, NOW);
    expect(unpaidStateOf(late, undefined, NOW)).toEqual({ verified: true, unpaid: { [ORDER]: 1 } });
  });
});

describe('an order beyond the limit', () => {
  const refusal: Refusal = { reason: 'not_orderable', limit: 'unpaid_orders', detail: 'too much', skus: [] };
  const placing = (delivered = ATTENDED) => place(undefined, request(), PRICES, delivered, NOW, () => refusal);

  it('is refused to a waiting caller with 429 and the limit, is stored, and becomes a rejected order when its user looks for it', () => {
    const { order, problem, messages } = placing();
    expect(problem).toMatchObject({
      status: 429,
      title: 'Too much unpaid',
      detail: 'too much',
      limit: 'unpaid_orders',
    });
    expect([order, messages]).toMatchObject([
      { status: 'rejected', reason: 'not_orderable', placedAt: null, refusal: { limit: 'unpaid_orders' } },
      undefined,
    ]);
    expect(place(order, request(), PRICES, { ...ATTENDED, redelivered: true }, NOW)).toEqual({ problem });
    expect(disclosed(order as RefusedOrder).order).toMatchObject({ status: 'rejected', limitReached: 'unpaid_orders' });
  });

  it('becomes a rejected order with the limit as its reason when no caller waits', () => {
    const { reply, history, messages } = placing(UNATTENDED);
    expect(OrderSchema.parse(reply)).toMatchObject({
      status: 'rejected',
      reason: 'not_orderable',
      limit: 'unpaid_orders',
    });
    expect(history!.at(-1)).toMatchObject({
      type: 'order.rejected',
      detail: { reason: 'not_orderable', limit: 'unpaid_orders' },
    });
    expect([types(messages), messages![0]!.data]).toMatchObject([
      ['order.rejected'],
      { reason: 'not_orderable', limit: 'unpaid_orders' },
    ]);
    expect(messages![0]!.contract.schema.safeParse(messages![0]!.data)).toMatchObject({ success: true });
  });

  it('gets 422 when its lines cannot be ordered, and is taken as cancelled when it was cancelled before it arrived', () => {
    expect(
      place(undefined, request({ lines: [{ sku: 'NOPE', quantity: 1 }] }), PRICES, ATTENDED, NOW, () => refusal)
        .problem,
    ).toMatchObject({ status: 422 });
    const early = {
      id: ORDER,
      userId: USER,
      status: 'cancelled',
      reason: 'customer',
      placedAt: null,
      recordedAt: NOW,
      version: 1,
    } as const;
    expect(place(early, request(), PRICES, ATTENDED, NOW, () => refusal)).toMatchObject({
      order: { status: 'cancelled' },
    });
  });
});

describe('two processes', () => {
  let broker: TestBroker;
  let database: TestDatabase;
  let scene: Scene;
  let other: Running;
  const settings = Object.fromEntries(Object.entries(LIMITS).map(([name, value]) => [name, String(value)]));
  beforeAll(async () => {
    [broker, database] = await Promise.all([testBroker({ tiersMs: [RETRY_MS] }), testDatabase('orders')]);
    scene = await openScene({ broker, database, eventually }, settings);
    other = await startOrders({ AMQP_URL: broker.url, DATABASE_URL: database.url }, settings);
  });
  afterAll(async () => {
    await other?.stop();
    await scene?.stop();
  });

  const orderOf = (userId: string, quantity = 1, change: Partial<Request> = {}): Request =>
    newRequest({ userId, lines: [{ sku: 'TEE', quantity }], ...change });
  const status = (order: Request): Promise<number> =>
    scene.place(order).then(
      () => 201,
      (error: { problem: { status: number } }) => error.problem.status,
    );
  const statuses = async (orders: Request[]) => (await Promise.all(orders.map(status))).sort();

  it('let a user have no more unpaid than the limit, however many orders arrive at once', async () => {
    const users = Array.from({ length: 5 }, newId);
    const answers = await Promise.all(
      users.map((userId) => statuses(Array.from({ length: 12 }, () => orderOf(userId)))),
    );
    for (const answer of answers) expect(answer).toEqual([201, 201, ...Array(10).fill(429)]);
    const { rows } = await database.pool.query(
      `SELECT count(*)::int AS n FROM orders WHERE status = 'pending' AND user_id = ANY ($1::uuid[]) GROUP BY user_id`,
      [users],
    );
    expect(rows).toEqual(Array(5).fill({ n: 2 }));
    expect(await statuses(Array.from({ length: 6 }, () => orderOf(newId(), 10)))).toEqual(Array(6).fill(429));
  });

  it('accept the next order when one is paid, cancelled or rejected, also under the key that was refused', async () => {
    const userId = newId();
    const [first, second, third] = [orderOf(userId), orderOf(userId), orderOf(userId)];
    expect([await status(first), await status(second), await status(third)]).toEqual([201, 201, 429]);
    await scene.cancel(first);
    expect(await status(third)).toBe(201);
    expect(await status(orderOf(userId))).toBe(429);
    for (const fact of storyOf(second).slice(0, 3)) await scene.send(fact);
    await scene.reaches(second, 'paid');
    expect(await status(orderOf(userId))).toBe(201);
    expect(await status(second)).toBe(201);
  });

  it('allow more as soon as the phone is verified, by the fact of accounts or by the token', async () => {
    const userId = newId();
    expect(await statuses([orderOf(userId), orderOf(userId), orderOf(userId)])).toEqual([201, 201, 429]);
    expect(await status(orderOf(userId, 1, { verified: true }))).toBe(201);
    await scene.send(AccountVerified({ userId, phone: '+15550000001', version: 2 }));
    await eventually(async () =>
      expect(
        await database.pool.query('SELECT FROM customers WHERE user_id = $1 AND verified_at IS NOT NULL', [userId]),
      ).toMatchObject({ rowCount: 1 }),
    );
    expect(await statuses([orderOf(userId), orderOf(userId)])).toEqual([201, 429]);
  });

  it('reject an order accepted while orders was down, with the reason; orders of a flash sale are not counted and not refused', async () => {
    const userId = newId();
    expect(await statuses([orderOf(userId, 4), orderOf(userId, 5)])).toEqual([201, 201]);
    const late = orderOf(userId);
    await scene.send(PlaceOrder(late));
    await eventually(async () =>
      expect(await scene.see(late)).toMatchObject({
        status: 'rejected',
        reason: 'not_orderable',
        limit: 'unpaid_orders',
      }),
    );
    const buyer = newId();
    const flashSale = { id: newId(), unitPrice: { amount: 1, currency: 'EUR' } };
    expect(
      await statuses(Array.from({ length: 3 }, () => orderOf(buyer, 1, { flashSale: { ...flashSale, id: newId() } }))),
    ).toEqual([201, 201, 201]);
    expect(await statuses([orderOf(buyer), orderOf(buyer), orderOf(buyer)])).toEqual([201, 201, 429]);
    expect(await status(orderOf(buyer, 1, { flashSale }))).toBe(201);
  });

  it('read no more than the customer and their unpaid orders, however many others there are', async () => {
    const client = await database.pool.connect();
    try {
      await client.query('BEGIN; SET LOCAL enable_seqscan = off');
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN ${orderTables.unpaid.sql.read.replace('$1', `'[]'`)}`,
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      for (const index of ['customers_pkey', 'orders_unpaid_idx']) expect(plan).toContain(index);
      expect(plan).not.toContain('Seq Scan');
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });
});
