import { setTimeout as pause } from 'node:timers/promises';
import type { Sale } from '@sluice/contracts';
import { eventually, startSystem, wrongClock, type System } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimants, saleOf, ticketOf, type Claimant } from './flash-sale.js';
import { expectInvariants } from './invariants.js';
import { ADDRESS, ADMIN, Shop } from './shop.js';

const [AHEAD, BEHIND] = [10 * 60_000, -10 * 60_000];
const WINDOW_MS = 5_000;
/** Tolerance for an early timer: brokers have their own clock. Milliseconds. */
const EARLY_MS = 1_000;
/** Tolerance for lateness on a busy machine, in total. Milliseconds. */
const LATE_MS = 4_000;

const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

describe.each([
  [
    'orders and accounts ahead, gateway, promotions and flash-sale behind',
    { orders: AHEAD, accounts: AHEAD, gateway: BEHIND, promotions: BEHIND, 'flash-sale': BEHIND },
  ],
  [
    'gateway, flash-sale and promotions ahead, orders and payments behind',
    { gateway: AHEAD, 'flash-sale': AHEAD, promotions: AHEAD, orders: BEHIND, payments: BEHIND },
  ],
])('with clocks that are ten minutes wrong: %s,', (_, wrong) => {
  let system: System;
  let shop: Shop;
  let customer: string;
  let admin: string;

  beforeAll(async () => {
    const settingsOf = Object.fromEntries(Object.entries(wrong).map(([name, aheadMs]) => [name, wrongClock(aheadMs)]));
    system = await startSystem({ PAYMENT_WINDOW_SECONDS: String(WINDOW_MS / 1_000) }, { settingsOf });
    shop = new Shop(system.url);
    [customer, admin] = [await shop.signIn(), await shop.signIn(ADMIN)];
    await shop.stock(admin, 'CLOCK', { east: 100 });
    await shop.reaches(customer, await shop.placeForSure(customer, 'CLOCK'), 'cancelled');
  });
  afterAll(() => system?.close());

  it('an order is placed, paid and completed, and queries return', async () => {
    const { status, body } = await shop.place(customer, 'CLOCK');
    expect(status).toBe(201);
    await shop.reachesEnd(customer, body.id);
    expect((await shop.pay(customer, body.id)).status).toBe(200);
    await shop.reaches(customer, body.id, 'completed');
    // A query that a busy service does not answer in time is 503: repeat it.
    for (const path of ['/products/CLOCK', '/orders', '/me/points', `/orders/${body.id}/timeline`]) {
      await eventually(async () =>
        expect([path, (await shop.call('GET', path, { token: customer })).status]).toEqual([path, 200]),
      );
    }
  });

  // Each of these three waits for an instant, so they wait side by side.
  it.concurrent('a payment window ends neither early nor late', async () => {
    const id = await shop.placeForSure(customer, 'CLOCK');
    const placed = performance.now();
    const { payBy } = await shop.reachesEnd(customer, id);
    const left = Date.parse(payBy ?? '') - Date.now();
    expect([left > WINDOW_MS - LATE_MS, left <= WINDOW_MS]).toEqual([true, true]);
    expect(await shop.reaches(customer, id, 'cancelled')).toMatchObject({ reason: 'payment_timeout' });
    const took = performance.now() - placed;
    expect([took > WINDOW_MS - EARLY_MS, took < WINDOW_MS + 2 * LATE_MS]).toEqual([true, true]);
  });

  it.concurrent('a flash sale opens and closes on time, and an accepted claim wins', async () => {
    const [opensIn, closesIn] = [4_000, 8_000];
    const began = performance.now();
    const body = {
      sku: 'CLOCK',
      quantity: 5,
      payWithinSeconds: 60,
      price: { amount: 500, currency: 'USD' },
      opensAt: inMs(opensIn),
      closesAt: inMs(closesIn),
      perUser: 1,
    };
    const sale = await shop.call<Sale>('POST', '/flash-sales', { token: admin, body });
    expect(sale).toMatchObject({ status: 201, body: { state: 'scheduled' } });
    const [claimant] = (await claimants(system, 1)) as [Claimant];
    const postClaim = () =>
      shop.call('POST', `/flash-sales/${sale.body.id}/claims`, { token: claimant.token, body: { address: ADDRESS } });
    const until = async (status: number, before: number) => {
      for (let answer = await postClaim(); ; answer = await postClaim()) {
        if (answer.status === status)
          return { at: performance.now() - began, ticket: answer.headers.get('location') ?? '' };
        expect(answer.status).toBe(before);
        await pause(100);
      }
    };
    const opened = await until(202, 425);
    const shown = await saleOf(shop, sale.body.id);
    const closed = await until(410, 202);
    expect(shown.state).toBe('open');
    expect([
      opened.at > opensIn - 100,
      opened.at < opensIn + LATE_MS,
      closed.at > closesIn - 100,
      closed.at < closesIn + LATE_MS,
    ]).toEqual([true, true, true, true]);
    await eventually(async () => expect(await saleOf(shop, sale.body.id)).toMatchObject({ state: 'closed' }));
    expect(await ticketOf(shop, { claimant, answers: [], ticket: opened.ticket })).toMatchObject({ status: 'won' });
  });

  it.concurrent('a coupon is valid until it expires, and no longer', async () => {
    const code = 'SHORT';
    const placed = async () => shop.reachesEnd(customer, await shop.placeForSure(customer, 'CLOCK', { coupon: code }));
    const expires = performance.now() + LATE_MS;
    await shop.createCoupon(admin, { code, kind: 'fixed', value: 100, expiresAt: inMs(LATE_MS) });
    expect(await placed()).toMatchObject({ status: 'awaiting_payment', coupon: code });
    await pause(Math.max(0, expires - performance.now()) + 500);
    expect(await placed()).toMatchObject({ status: 'rejected', reason: 'coupon_rejected' });
  });

  it('a request accepted in time counts, even if the deciding services are down until after its end', async () => {
    await shop.createCoupon(admin, { code: 'AWAY', kind: 'fixed', value: 100, expiresAt: inMs(600_000) });
    const offer = {
      sku: 'CLOCK',
      quantity: 5,
      payWithinSeconds: 60,
      price: { amount: 500, currency: 'USD' },
      opensAt: inMs(-1_000),
      closesAt: inMs(600_000),
      perUser: 1,
    };
    const { body: sale } = await shop.call<Sale>('POST', '/flash-sales', { token: admin, body: offer });
    await eventually(async () => expect(await saleOf(shop, sale.id)).toMatchObject({ state: 'open' }));
    const [claimant] = (await claimants(system, 1)) as [Claimant];
    const { orders, payments, promotions, 'flash-sale': sales } = system.databases;
    const unpaid = await shop.placeForSure(customer, 'CLOCK');
    await shop.reachesEnd(customer, unpaid);
    const windowEnds = (end: string) =>
      Promise.all([
        orders.pool.query(`UPDATE orders SET pay_by = ${end} WHERE id = $1`, [unpaid]),
        payments.pool.query(`UPDATE payables SET pay_by = ${end} WHERE order_id = $1`, [unpaid]),
      ]);
    await windowEnds("now() + interval '10 minutes'");
    await system.stop('payments', 'flash-sale', 'promotions', 'orders');
    expect((await shop.pay(customer, unpaid)).status).toBe(202);
    await windowEnds('now()');
    const placed = await shop.place(customer, 'CLOCK', { coupon: 'AWAY' });
    const claimed = await shop.call('POST', `/flash-sales/${sale.id}/claims`, {
      token: claimant.token,
      body: { address: ADDRESS },
    });
    expect([placed.status, claimed.status]).toEqual([202, 202]);
    await promotions.pool.query("UPDATE coupons SET expires_at = now() WHERE code = 'AWAY'");
    await sales.pool.query('UPDATE sales SET closes_at = now() WHERE id = $1', [sale.id]);
    await system.start('payments', 'flash-sale', 'promotions', 'orders');
    await shop.reaches(customer, unpaid, 'completed');
    const id = placed.headers.get('location')?.split('/').at(-1) ?? '';
    await eventually(async () =>
      expect(await shop.order(customer, id)).toMatchObject({ coupon: 'AWAY', discount: { amount: 100 } }),
    );
    await eventually(async () =>
      expect(
        await ticketOf(shop, { claimant, answers: [], ticket: claimed.headers.get('location') ?? '' }),
      ).toMatchObject({ status: 'won' }),
    );
    expect(await saleOf(shop, sale.id)).toMatchObject({ state: 'closed' });
  });

  it('all invariants hold at the end', () => expectInvariants(system));
});
