import { eventually, startSystem, type System } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyQueueIsEmpty, expectInvariants } from './invariants.js';
import { ADMIN, inParallel, Shop } from './shop.js';

const WINDOW_SECONDS = 3;
const WIDTH = 32;

describe('the payment window', () => {
  let system: System;
  let shop: Shop;
  let customer: string;

  beforeAll(async () => {
    system = await startSystem({ PAYMENT_WINDOW_SECONDS: String(WINDOW_SECONDS) });
    shop = new Shop(system.url);
    customer = await shop.signIn();
    await shop.stock(await shop.signIn(ADMIN), 'TEE', { east: 5_000, west: 5_000 });
    await shop.reaches(customer, await shop.placeForSure(customer, 'TEE'), 'cancelled');
  });
  afterAll(() => system?.close());

  const available = async () => (await shop.call<{ available: number }>('GET', '/products/TEE')).body.available;

  it('cancels 1,000 unpaid orders on time and puts their stock back', async () => {
    const ids = await inParallel(1_000, WIDTH, () => shop.placeForSure(customer, 'TEE'));
    const last = await eventually(async () => {
      const { rows } = await system.databases.orders.pool.query<{ ms: number }>(
        `SELECT extract(epoch FROM h.at - o.pay_by)::float8 * 1000 AS ms FROM orders o JOIN order_history h ON h.order_id = o.id AND h.type = 'order.cancelled'
         WHERE o.id = ANY($1) AND o.status = 'cancelled' AND o.reason = 'payment_timeout' ORDER BY 1`,
        [ids],
      );
      expect(rows).toHaveLength(1_000);
      return rows.map(({ ms }) => Math.round(ms));
    }, { withinMs: 60_000 });
    console.log(`1,000 windows of ${WINDOW_SECONDS} s ended late by p50 ${last[500]} ms, p99 ${last[990]} ms, at most ${last[999]} ms`);
    await eventually(async () => expect(await available()).toBe(10_000));
    await expectInvariants(system);
  });

  it('ends each of 200 races of pay against expiry either paid, with its money, or cancelled, with none', async () => {
    const ids = await inParallel(200, WIDTH, async () => {
      const id = await shop.placeForSure(customer, 'TEE');
      const { payBy } = await shop.settles(customer, id);
      await justBefore(payBy ?? '');
      await shop.pay(customer, id);
      return id;
    });
    const ends = await inParallel(ids.length, WIDTH, (i) =>
      eventually(async () => {
        const { status } = await shop.order(customer, ids[i] ?? '');
        if (!['cancelled', 'completed'].includes(status)) throw new Error(`order ${ids[i]} is ${status}`);
        return status;
      }, { withinMs: 60_000 }),
    );
    await everyQueueIsEmpty(system);
    console.log(`of 200 races ${ends.filter((status) => status === 'completed').length} were paid and ${ends.filter((status) => status === 'cancelled').length} cancelled`);
    const { rows: kept } = await system.databases.payments.pool.query<{ order_id: string }>("SELECT order_id FROM captures WHERE order_id = ANY($1) AND status = 'captured'", [ids]);
    expect(kept.map(({ order_id }) => order_id).sort()).toEqual(ids.filter((_, i) => ends[i] === 'completed').sort());
    await expectInvariants(system);
  });
});

/** The race itself: some pay a moment before the window ends, so that payment and expiry meet. */
const justBefore = (instant: string): Promise<void> => new Promise((resolve) => setTimeout(resolve, Date.parse(instant) - Date.now() - Math.random() * 60));
