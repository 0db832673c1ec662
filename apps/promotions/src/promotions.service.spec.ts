import { randomUUID } from 'node:crypto';
import {
  CouponRedeemed,
  CouponRejected,
  CouponReleased,
  CreateCoupon,
  GetPoints,
  OrderCancelled,
  OrderCompleted,
  OrderPlaced,
  OrderRejected,
  PointsEarned,
} from '@sluice/contracts';
import { MessageClient } from '@sluice/messaging';
import { type Service, startService } from '@sluice/service-kit';
import {
  eventually,
  facts,
  type Facts,
  publish,
  type TestBroker,
  testBroker,
  type TestDatabase,
  testDatabase,
} from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PromotionsConfig } from './config.js';
import { PromotionsModule } from './promotions.module.js';

let broker: TestBroker;
let database: TestDatabase;
let service: Service;
let client: MessageClient;
let received: Facts;

const start = (): Promise<Service> =>
  startService(
    { name: 'promotions', module: PromotionsModule, config: PromotionsConfig, database: true },
    {
      DATABASE_URL: database.url,
      AMQP_URL: broker.url,
      RETRY_TIERS_MS: '100,200',
      LOG_LEVEL: 'silent',
      DEV_SEED: 'true',
    },
  );

beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker({ tiersMs: [100, 200] }), testDatabase('promotions')]);
  received = await facts(broker);
  service = await start();
  client = new MessageClient({ url: broker.url, source: 'spec' });
  await eventually(() => expect(client.publisher.ready).toBe(true));
});

afterAll(async () => {
  await client?.close();
  await service?.stop();
  await Promise.all([broker?.close(), database?.close()]);
});

const deadlineMs = 10_000;
const usd = (amount: number) => ({ amount, currency: 'USD' });
const create = (code: string, details: object = {}) =>
  client.request(CreateCoupon, { code, kind: 'fixed', value: 500, ...details }, { deadlineMs });
const points = async (userId: string) => (await client.request(GetPoints, { userId }, { deadlineMs })).points;
const order = (coupon: string | undefined, amount = 2_000, userId: string = randomUUID()) => ({
  orderId: randomUUID(),
  userId,
  version: 1,
  lines: [],
  subtotal: usd(amount),
  ...(coupon && { coupon }),
});
type Ordered = ReturnType<typeof order>;
const ended = ({ orderId, userId, coupon }: Ordered) => ({
  orderId,
  userId,
  coupon,
  version: 2,
  lines: [],
  allocation: [],
});
const cancelled = (placed: Ordered) => ({ ...ended(placed), reason: 'customer' as const });
const rejected = (placed: Ordered) => ({ ...ended(placed), reason: 'out_of_stock' as const });
const rows = async (sql: string, values: unknown[] = []) => (await database.pool.query(sql, values)).rows;
const redeemedOf = async (code: string) =>
  (await rows('SELECT redeemed::int FROM coupons WHERE code = $1', [code]))[0]?.redeemed;

const of =
  ({ orderId }: { orderId: string }) =>
  (fact: { orderId: string }): boolean =>
    fact.orderId === orderId;
/** The facts published about an order so far. */
const messagesOf = (placed: Ordered) =>
  [CouponRedeemed, CouponRejected, CouponReleased].flatMap((contract) => received.of(contract, of(placed)));
const redemption = async (placed: Ordered) => (await eventually(() => received.of(CouponRedeemed, of(placed), 1)))[0]!;
const refusal = async (placed: Ordered) =>
  (await eventually(() => received.of(CouponRejected, of(placed), 1)))[0]!.reason;

/** Waits until a message is decided. */
const decided = (id: string) =>
  eventually(async () => expect(await rows('SELECT 1 FROM inbox WHERE id = $1', [id])).toHaveLength(1));

/** Handles a new order after all messages before it: once it is decided, so are they. */
async function untilHandled(): Promise<void> {
  const last = order('RED5');
  await publish(broker, OrderPlaced, last);
  await redemption(last);
}

describe('coupons', () => {
  it('creates a coupon once, in any spelling of its code, and refuses another one under it', async () => {
    const details = {
      kind: 'percent',
      value: 15,
      minTotal: usd(1_000),
      limit: 5,
      perUser: 2,
      currency: 'USD',
      expiresAt: '2999-01-01T00:00:00.000Z',
    };
    const coupon = { code: 'SPRING', ...details, redeemed: 0 };
    expect(await create('SPRING', details)).toEqual(coupon);
    await publish(broker, OrderPlaced, order('SPRING'));
    await eventually(async () => expect(await redeemedOf('SPRING')).toBe(1));
    expect(await create(' spring ', details)).toEqual({ ...coupon, redeemed: 1 });
    await expect(create('SPRING', { ...details, value: 16 })).rejects.toMatchObject({ problem: { status: 409 } });
    await expect(create('SPRING')).rejects.toMatchObject({ problem: { status: 409 } });
  });

  it('creates one coupon when two requests create different ones under a code at once', async () => {
    const creations = await Promise.allSettled([create('RACE', { value: 1 }), create('RACE', { value: 2 })]);
    expect(creations.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(creations.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { problem: { status: 409 } },
    });
  });

  it('creates those of a development system once, however often it starts', async () => {
    const boundless = { limit: null, per_user: null, expires_at: null, min_amount: null };
    const seeded = () =>
      rows(
        `SELECT code, kind, value::int, "limit", per_user, expires_at, min_amount, version
         FROM coupons WHERE code IN ('WELCOME10', 'RED5') ORDER BY 1`,
      );
    const taken = () => rows('SELECT count(*) FROM inbox');
    const before = [await seeded(), await taken()];
    expect(before[0]).toMatchObject([
      { code: 'RED5', kind: 'fixed', value: 500, ...boundless },
      { code: 'WELCOME10', kind: 'percent', value: 10, ...boundless },
    ]);
    await (await start()).stop();
    expect([await seeded(), await taken()]).toEqual(before);
  });
});

describe('an order with a coupon', () => {
  it('gets its discount once, though the fact is delivered twice', async () => {
    await create('TWICE', { limit: 2 });
    const placed = order('TWICE');
    const [placedId, againId] = [randomUUID(), randomUUID()];
    for (const id of [placedId, placedId, againId])
      await publish(broker, OrderPlaced, placed, { properties: { messageId: id } });
    await Promise.all([decided(placedId), decided(againId)]);
    await untilHandled();
    const redeemed = { orderId: placed.orderId, userId: placed.userId, code: 'TWICE', discount: usd(500), version: 1 };
    // One for each message id: under another one the fact is published again because its reply may have been lost.
    expect(messagesOf(placed)).toEqual([redeemed, redeemed]);
    expect(await redeemedOf('TWICE')).toBe(1);
  });

  it('gets an exact percentage of its subtotal, also of the largest', async () => {
    const [small, large] = [order('WELCOME10', 1_999), order('WELCOME10', 99_999_999_999)];
    await publish(broker, OrderPlaced, small);
    await publish(broker, OrderPlaced, large);
    expect((await redemption(small)).discount).toEqual(usd(199));
    expect((await redemption(large)).discount).toEqual(usd(9_999_999_999));
  });

  it('receives the reason when it gets none', async () => {
    const user = randomUUID();
    await create('STRICT', { minTotal: usd(1_000), perUser: 1 });
    await create('OVER', { expiresAt: '2999-01-01T00:00:00Z' });
    await rows("UPDATE coupons SET expires_at = now() WHERE code = 'OVER'");
    await expect(create('PAST', { expiresAt: '2020-01-01T00:00:00Z' })).rejects.toMatchObject({
      problem: { status: 422, errors: [{ path: 'expiresAt' }] },
    });
    await create('ONCE', { limit: 1 });
    await publish(broker, OrderPlaced, order('STRICT', 1_000, user));
    await publish(broker, OrderPlaced, order('ONCE'));
    await eventually(async () => expect([await redeemedOf('STRICT'), await redeemedOf('ONCE')]).toEqual([1, 1]));
    const refused = {
      unknown: order('NOBODYS'),
      expired: order('OVER'),
      below_minimum: order('STRICT', 999),
      other_currency: { ...order('STRICT'), subtotal: { amount: 2_000, currency: 'EUR' } },
      used_up: order('ONCE'),
      used_by_user: order('STRICT', 2_000, user),
    };
    for (const placed of Object.values(refused)) await publish(broker, OrderPlaced, placed);
    for (const [reason, placed] of Object.entries(refused)) expect(await refusal(placed)).toBe(reason);
    expect(await rows("SELECT * FROM coupons WHERE code = 'NOBODYS'")).toEqual([]);
  });

  it('gets one that was valid when it was accepted, though it is decided later; a time of more than a day ago counts as a day ago', async () => {
    await create('ENDED', { expiresAt: '2999-01-01T00:00:00Z' });
    await create('OLD', { expiresAt: '2999-01-01T00:00:00Z' });
    const [{ end, before }] = await rows(
      `UPDATE coupons SET expires_at = now() - interval '1 hour' WHERE code = 'ENDED'
       RETURNING expires_at AS end, expires_at - interval '1 ms' AS before`,
    );
    await rows("UPDATE coupons SET expires_at = now() - interval '25 hours' WHERE code = 'OLD'");
    const [inTime, late, liar] = [order('ENDED'), order('ENDED'), order('OLD')];
    await publish(broker, OrderPlaced, { ...inTime, acceptedAt: before.toISOString() });
    await publish(broker, OrderPlaced, { ...late, acceptedAt: end.toISOString() });
    await publish(broker, OrderPlaced, { ...liar, acceptedAt: '2020-01-01T00:00:00.000Z' });
    expect((await redemption(inTime)).discount).toEqual(usd(500));
    expect([await refusal(late), await refusal(liar)]).toEqual(['expired', 'expired']);
  });

  it('releases it once when the order ends, though both facts arrive and are delivered twice', async () => {
    await create('BACK', { limit: 1, perUser: 1 });
    const placed = order('BACK');
    await publish(broker, OrderPlaced, placed);
    await redemption(placed);
    const ids = [
      await publish(broker, OrderRejected, rejected(placed)),
      await publish(broker, OrderCancelled, cancelled(placed)),
      await publish(broker, OrderRejected, rejected(placed)),
    ];
    await Promise.all(ids.map(decided));
    await eventually(() => received.of(CouponReleased, of(placed), 1));
    const next = order('BACK', 2_000, placed.userId);
    await publish(broker, OrderPlaced, next);
    await redemption(next);
    expect(received.of(CouponReleased, of(placed))).toEqual([
      { orderId: placed.orderId, userId: placed.userId, code: 'BACK', version: 2 },
    ]);
    expect(await redeemedOf('BACK')).toBe(1);
    expect(await rows("SELECT orders::int FROM coupon_uses WHERE code = 'BACK'")).toEqual([{ orders: 1 }]);
  });

  it('releases nothing when it was refused the coupon', async () => {
    await create('FULL', { limit: 1 });
    const [first, second] = [order('FULL'), order('FULL')];
    await publish(broker, OrderPlaced, first);
    await redemption(first);
    await publish(broker, OrderPlaced, second);
    expect(await refusal(second)).toBe('used_up');
    await decided(await publish(broker, OrderRejected, rejected(second)));
    await untilHandled();
    expect([messagesOf(second).length, await redeemedOf('FULL')]).toEqual([1, 1]);
  });

  it.each([
    ['rejected', OrderRejected, rejected],
    ['cancelled', OrderCancelled, cancelled],
  ] as const)(
    'redeems nothing and publishes nothing when it was %s before it was placed',
    async (name, contract, fact) => {
      const code = `EARLY-${name}`.toUpperCase();
      await create(code, { limit: 1 });
      const early = order(code);
      await decided(await publish(broker, contract, fact(early) as never));
      await decided(await publish(broker, OrderPlaced, early));
      const next = order(code);
      await publish(broker, OrderPlaced, next);
      await redemption(next);
      expect([messagesOf(early), await redeemedOf(code)]).toEqual([[], 1]);
    },
  );

  it('is ignored when it has none', async () => {
    const plain = order(undefined);
    const placedId = await publish(broker, OrderPlaced, plain);
    const cancelledId = await publish(broker, OrderCancelled, cancelled(plain));
    await untilHandled();
    expect(messagesOf(plain)).toEqual([]);
    expect(await rows('SELECT 1 FROM inbox WHERE id = ANY($1)', [[placedId, cancelledId]])).toEqual([]);
  });
});

it('gives 50 orders at once on a coupon for 10 exactly 10 redemptions and 40 refusals, also with two processes', async () => {
  await create('HOT', { limit: 10 });
  const another = await start();
  const orders = Array.from({ length: 50 }, () => order('HOT'));
  await Promise.all(orders.map((placed) => publish(broker, OrderPlaced, placed)));
  const ours = new Set<string>(orders.map(({ orderId }) => orderId));
  const redeemed = await eventually(() => received.of(CouponRedeemed, ({ orderId }) => ours.has(orderId), 10));
  const refused = await eventually(() => received.of(CouponRejected, ({ orderId }) => ours.has(orderId), 40));
  expect(new Set([...redeemed, ...refused].map(({ orderId }) => orderId)).size).toBe(50);
  expect(refused.every(({ reason }) => reason === 'used_up')).toBe(true);
  expect(await redeemedOf('HOT')).toBe(10);
  await another.stop();
});

describe('points', () => {
  const completed = (amount: number, userId: string) => ({
    orderId: randomUUID(),
    userId,
    version: 9,
    total: usd(amount),
  });

  it('are earned once per order, under any message id, and add up', async () => {
    const userId = randomUUID();
    const [first, second] = [completed(1_999, userId), completed(250, userId)];
    const [firstId, againId] = [randomUUID(), randomUUID()];
    for (const id of [firstId, firstId, againId])
      await publish(broker, OrderCompleted, first, { properties: { messageId: id } });
    await Promise.all([decided(firstId), decided(againId)]);
    expect(await points(userId)).toBe(19);
    await publish(broker, OrderCompleted, second);
    await eventually(async () => expect(await points(userId)).toBe(21));
    const earned = await eventually(() => received.of(PointsEarned, (fact) => fact.userId === userId, 2));
    expect(earned).toEqual([
      { orderId: first.orderId, userId, points: 19, balance: 19, version: 1 },
      { orderId: second.orderId, userId, points: 2, balance: 21, version: 2 },
    ]);
  });

  it('are 0 for a user who has earned none', async () => {
    const userId = randomUUID();
    expect(await points(userId)).toBe(0);
    await decided(await publish(broker, OrderCompleted, completed(99, userId)));
    expect(await points(userId)).toBe(0);
  });
});

describe('the database', () => {
  it('counts as redeemed exactly the coupons that orders have, per coupon and user', async () => {
    const live =
      "SELECT code, user_id, count(*)::int AS orders FROM redemptions WHERE status = 'redeemed' GROUP BY 1, 2 ORDER BY 1, 2";
    expect(await rows('SELECT code, user_id, orders::int FROM coupon_uses WHERE orders > 0 ORDER BY 1, 2')).toEqual(
      await rows(live),
    );
    const sums =
      "SELECT code, count(*)::int AS redeemed FROM redemptions WHERE status = 'redeemed' GROUP BY 1 ORDER BY 1";
    expect(await rows('SELECT code, redeemed::int FROM coupons WHERE redeemed > 0 ORDER BY 1')).toEqual(
      await rows(sums),
    );
  });

  it.each([
    ['coupons_within_limit', "UPDATE coupons SET redeemed = 11 WHERE code = 'HOT'"],
    ['coupons_within_limit', "UPDATE coupons SET redeemed = -1 WHERE code = 'RED5'"],
    ['coupons_complete', 'UPDATE coupons SET kind = NULL'],
    ['coupons_complete', "UPDATE coupons SET value = 101 WHERE kind = 'percent'"],
    ['coupon_uses_none_negative', 'UPDATE coupon_uses SET orders = -1'],
    [
      'redemptions_complete',
      "UPDATE redemptions SET discount_amount = NULL, discount_currency = NULL WHERE status = 'redeemed'",
    ],
    ['redemptions_complete', "UPDATE redemptions SET reason = NULL WHERE status = 'rejected'"],
    ['points_earnings_complete', 'UPDATE points_earnings SET points = 0'],
    ['points_balances_none_negative', 'UPDATE points_balances SET points = -1'],
  ])('enforces %s against a wrong rule: %s', async (constraint, sql) => {
    await expect(rows(sql)).rejects.toMatchObject({ constraint });
  });
});
