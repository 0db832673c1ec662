import { randomUUID } from 'node:crypto';
import { PlaceOrder } from '@sluice/contracts';
import { eventually, publish, startSystem, type System } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyQueueIsEmpty, expectInvariants } from './invariants.js';
import { ADDRESS, ADMIN, inParallel, Shop, userIdOf } from './shop.js';

const WINDOW_SECONDS = 3;
const WIDTH = 32;
/** Each race waits for its window to end, so many run at a time. */
const RACES = 1_000;
const RACING = 200;
/** Card without an answer from its gateway for some six seconds, then charged. */
const SLOW_CARD = '4000000000000119';
/** Payments that race with a cancellation: cheap, because none waits. */
const CANCELLED = 100;

/** How late each of these orders was cancelled, in ms after the end of its window. */
const LATENESS = `
  SELECT extract(epoch FROM h.at - o.pay_by)::float8 * 1000 AS ms
  FROM orders o JOIN order_history h ON h.order_id = o.id AND h.type = 'order.cancelled'
  WHERE o.id = ANY($1) AND o.status = 'cancelled' AND o.reason = 'payment_timeout' ORDER BY 1`;

describe('the payment window', () => {
  let system: System;
  let shop: Shop;
  let customer: string;
  let userId: string;

  beforeAll(async () => {
    system = await startSystem({ PAYMENT_WINDOW_SECONDS: String(WINDOW_SECONDS) });
    shop = new Shop(system.url);
    customer = await shop.signIn();
    userId = userIdOf(customer);
    const admin = await shop.signIn(ADMIN);
    await shop.stock(admin, 'TEE', { east: 5_000, west: 5_000 });
    await shop.createCoupon(admin, { code: 'WINDOW', kind: 'fixed', value: 100, limit: 1_000 });
    await shop.reaches(customer, await shop.placeForSure(customer, 'TEE'), 'cancelled');
  });
  afterAll(() => system?.close());

  const available = async () => (await shop.call<{ available: number }>('GET', '/products/TEE')).body.available;

  it('cancels 1,000 unpaid orders on time and releases their stock and coupons', async () => {
    const ids = await inParallel(1_000, WIDTH, () => shop.placeForSure(customer, 'TEE', { coupon: 'WINDOW' }));
    const last = await eventually(
      async () => {
        const { rows } = await system.databases.orders.pool.query<{ ms: number }>(LATENESS, [ids]);
        expect(rows).toHaveLength(1_000);
        return rows.map(({ ms }) => Math.round(ms));
      },
      { withinMs: 60_000 },
    );
    console.log(
      `1,000 windows of ${WINDOW_SECONDS} s ended late by p50 ${last[500]} ms, ` +
        `p99 ${last[990]} ms, at most ${last[999]} ms`,
    );
    await eventually(async () => expect(await available()).toBe(10_000));
    await expectInvariants(system);
    const { rows } = await system.databases.promotions.pool.query("SELECT redeemed FROM coupons WHERE code = 'WINDOW'");
    expect(rows.map(({ redeemed }) => Number(redeemed))).toEqual([0]);
  });

  it('ends each of 1,000 races of payment and expiry charged or cancelled, never both, as answered', async () => {
    const answers = new Map<string, number>();
    const ids = await inParallel(RACES, RACING, async () => {
      const id = await shop.placeForSure(customer, 'TEE');
      const { payBy } = await shop.reachesEnd(customer, id);
      await justBefore(payBy ?? '');
      answers.set(id, (await shop.pay(customer, id)).status);
      return id;
    });
    const ends = await inParallel(ids.length, WIDTH, (i) =>
      eventually(
        async () => {
          const { status } = await shop.order(customer, ids[i] ?? '');
          if (!['cancelled', 'completed'].includes(status)) throw new Error(`order ${ids[i]} is ${status}`);
          return status;
        },
        { withinMs: 60_000 },
      ),
    );
    await everyQueueIsEmpty(system);
    const countOf = (end: string) => ends.filter((status) => status === end).length;
    console.log(`of ${RACES} races ${countOf('completed')} were paid and ${countOf('cancelled')} cancelled`);
    const answeredWith = (status: number) => ids.filter((id) => answers.get(id) === status);
    expect(answeredWith(200).filter((id) => ends[ids.indexOf(id)] !== 'completed')).toEqual([]);
    expect(answeredWith(409).filter((id) => ends[ids.indexOf(id)] !== 'cancelled')).toEqual([]);
    const { rows: refunded } = await system.databases.payments.pool.query(
      "SELECT order_id FROM captures WHERE order_id = ANY($1) AND status = 'refunded'",
      [ids],
    );
    expect(refunded).toEqual([]);
    const { rows: kept } = await system.databases.payments.pool.query<{ order_id: string }>(
      "SELECT order_id FROM captures WHERE order_id = ANY($1) AND status = 'captured'",
      [ids],
    );
    expect(kept.map(({ order_id }) => order_id).sort()).toEqual(ids.filter((_, i) => ends[i] === 'completed').sort());
    await expectInvariants(system);
  });

  it('shows and notifies the refund of every captured payment that lost against a cancellation', async () => {
    const ids = await inParallel(CANCELLED, WIDTH, async () => {
      const id = await shop.placeForSure(customer, 'TEE');
      await shop.reachesEnd(customer, id);
      const [paid] = await Promise.all([shop.pay(customer, id), shop.cancel(customer, id)]);
      return [id, paid.status] as const;
    });
    const settled = await inParallel(CANCELLED, WIDTH, (i) =>
      eventually(
        async () => {
          const [id, answer] = ids[i]!;
          const { status, refundedAt } = await shop.order(customer, id);
          if (status !== 'completed' && (status !== 'cancelled' || (answer === 200 && !refundedAt)))
            throw new Error(`order ${id} is ${status}, refunded ${refundedAt}`);
          return { id, answer };
        },
        { withinMs: 60_000 },
      ),
    );
    await everyQueueIsEmpty(system);
    const orders = await inParallel(CANCELLED, WIDTH, async (i) => ({
      ...settled[i]!,
      ...(await shop.order(customer, settled[i]!.id)),
      timeline: await shop.timeline(customer, settled[i]!.id),
    }));
    expect(orders.filter(({ answer, paidAt }) => answer === 200 && !paidAt)).toEqual([]);
    const charged = orders.filter(({ paidAt, status }) => paidAt && status === 'cancelled');
    console.log(`of ${CANCELLED} payments against a cancellation ${charged.length} were taken and given back`);
    for (const { id, refundedAt, timeline } of charged) {
      expect([id, refundedAt, timeline.filter((type) => /paid|refunded/.test(type))]).toEqual([
        id,
        expect.any(String),
        [expect.stringMatching(/^order\.paid/), 'payment.refunded'],
      ]);
      const { rows } = await system.databases.notifications.pool.query(
        `SELECT count(*)::int AS n FROM deliveries WHERE about = $1 AND channel = 'inbox'
         AND (text LIKE 'Refund:%' OR text LIKE 'Thank you%' OR text LIKE '%was taken for%')`,
        [`orders/${id}`],
      );
      expect([id, rows[0]!.n]).toEqual([id, 2]);
    }
    await expectInvariants(system);
  });

  // This test and the next two wait for timers, so they wait side by side.
  it.concurrent('waits for a slow card gateway after a payment in time, and refuses a later one', async () => {
    const [slow, late] = await inParallel(2, 2, () => shop.placeForSure(customer, 'TEE'));
    for (const id of [slow!, late!]) await shop.reachesEnd(customer, id);
    expect((await shop.pay(customer, slow!, SLOW_CARD)).status).toBe(202);
    const { payBy } = await shop.order(customer, late!);
    await eventually(() => expect(Date.now()).toBeGreaterThan(Date.parse(payBy ?? '')));
    expect((await shop.pay(customer, late!)).status).toBe(409);
    expect(await shop.reaches(customer, late!, 'cancelled')).toMatchObject({ reason: 'payment_timeout' });
    const paid = await shop.reaches(customer, slow!, 'completed');
    expect(Date.parse(paid.paidAt ?? '')).toBeGreaterThan(Date.parse(paid.payBy ?? ''));
  });

  it.concurrent.each([
    ['before', [2, 60]],
    ['after', [60, 2]],
  ])('of 2 s ends on time although one of 60 s waits, begun %s it', async (_, windows) => {
    const ids = windows.map(() => randomUUID());
    for (const [index, payWithinSeconds] of windows.entries()) {
      await publish(
        system.broker,
        PlaceOrder,
        {
          orderId: ids[index]!,
          userId,
          bodyHash: 'x',
          lines: [{ sku: 'TEE', quantity: 1 }],
          address: ADDRESS,
          payWithinSeconds,
        },
        { as: 'gateway' },
      );
      await eventually(() => shop.order(customer, ids[index]!));
    }
    const [short, long] = windows[0] === 2 ? ids : ids.toReversed();
    await shop.reaches(customer, short!, 'cancelled', 10_000);
    const { rows } = await system.databases.orders.pool.query<{ ms: number }>(LATENESS, [[short]]);
    expect(rows[0]!.ms).toBeLessThan(1_000);
    expect((await shop.order(customer, long!)).status).toBe('awaiting_payment');
    await shop.cancel(customer, long!);
  });
});

/**
 * Waits until up to 400 ms before the window's end, as long as a payment takes on a busy machine, so that payment and
 * expiry race.
 */
const justBefore = (instant: string): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Date.parse(instant) - Date.now() - Math.random() * 400));
