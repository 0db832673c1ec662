import { randomUUID } from 'node:crypto';
import { PlaceOrder } from '@sluice/contracts';
import { eventually, publish, startSystem, type System } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyQueueIsEmpty, expectInvariants } from './invariants.js';
import {
  cancelsUnpaid,
  LATENESS,
  racesToTheEnd,
  shortWindow,
  WIDTH,
  WINDOW_SECONDS,
  type ShortWindow,
} from './payment-window.js';
import { ADDRESS, inParallel, userIdOf, type Shop } from './shop.js';

/** Card without an answer from its gateway for some six seconds, then charged. */
const SLOW_CARD = '4000000000000119';
/** Payments that race with a cancellation: cheap, because none waits. */
const CANCELLED = 100;

/** Of each of the first two; payment-window.slow.spec.ts has 1,000. */
const COUNT = 200;

describe('the payment window', () => {
  let window: ShortWindow;
  let system: System;
  let shop: Shop;
  let customer: string;
  let userId: string;

  beforeAll(async () => {
    system = await startSystem({ PAYMENT_WINDOW_SECONDS: String(WINDOW_SECONDS) });
    window = await shortWindow(system);
    ({ shop, customer } = window);
    userId = userIdOf(customer);
  });
  afterAll(() => system?.close());

  it('cancels unpaid orders on time and releases their stock and coupons', () => cancelsUnpaid(window, COUNT));

  it('ends each race of payment and expiry charged or cancelled, never both, as answered', () =>
    racesToTheEnd(window, COUNT));

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
