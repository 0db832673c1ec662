import { eventually, type System } from '@sluice/testing';
import { expect } from 'vitest';
import { everyQueueIsEmpty, expectInvariants } from './invariants.js';
import { ADMIN, inParallel, Shop } from './shop.js';

export const WINDOW_SECONDS = 3;
export const WIDTH = 32;
/** Each race waits for its window to end, so many run at a time. */
const RACING = 200;
const PIECES = 10_000;
const SKU = 'TEE';
const COUPON = 'WINDOW';

/** How late each of these orders was cancelled, in ms after the end of its window. */
export const LATENESS = `
  SELECT extract(epoch FROM h.at - o.pay_by)::float8 * 1000 AS ms
  FROM orders o JOIN order_history h ON h.order_id = o.id AND h.type = 'order.cancelled'
  WHERE o.id = ANY($1) AND o.status = 'cancelled' AND o.reason = 'payment_timeout' ORDER BY 1`;

/** A system whose window is short, with stock and a coupon; its first order has already ended unpaid. */
export interface ShortWindow {
  system: System;
  shop: Shop;
  customer: string;
}

export async function shortWindow(system: System): Promise<ShortWindow> {
  const shop = new Shop(system.url);
  const customer = await shop.signIn();
  const admin = await shop.signIn(ADMIN);
  await shop.stock(admin, SKU, { east: PIECES / 2, west: PIECES / 2 });
  await shop.createCoupon(admin, { code: COUPON, kind: 'fixed', value: 100, limit: 1_000 });
  await shop.reaches(customer, await shop.placeForSure(customer, SKU), 'cancelled');
  return { system, shop, customer };
}

/** Unpaid orders are cancelled on time; their stock and coupons are released. @param count at most 1,000 */
export async function cancelsUnpaid({ system, shop, customer }: ShortWindow, count: number): Promise<void> {
  const ids = await inParallel(count, WIDTH, () => shop.placeForSure(customer, SKU, { coupon: COUPON }));
  const last = await eventually(
    async () => {
      const { rows } = await system.databases.orders.pool.query<{ ms: number }>(LATENESS, [ids]);
      expect(rows).toHaveLength(count);
      return rows.map(({ ms }) => Math.round(ms));
    },
    { withinMs: 60_000 },
  );
  console.log(
    `${count} windows of ${WINDOW_SECONDS} s ended late by p50 ${last[count / 2]} ms, ` +
      `p99 ${last[Math.floor(count * 0.99)]} ms, at most ${last.at(-1)} ms`,
  );
  const available = async () => (await shop.call<{ available: number }>('GET', `/products/${SKU}`)).body.available;
  await eventually(async () => expect(await available()).toBe(PIECES));
  await expectInvariants(system);
  const { rows } = await system.databases.promotions.pool.query('SELECT redeemed FROM coupons WHERE code = $1', [
    COUPON,
  ]);
  expect(rows.map(({ redeemed }) => Number(redeemed))).toEqual([0]);
}

/** Each race of payment and expiry ends charged or cancelled, never both, as it was answered. */
export async function racesToTheEnd({ system, shop, customer }: ShortWindow, count: number): Promise<void> {
  const answers = new Map<string, number>();
  const ids = await inParallel(count, RACING, async () => {
    const id = await shop.placeForSure(customer, SKU);
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
  console.log(`of ${count} races ${countOf('completed')} were paid and ${countOf('cancelled')} cancelled`);
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
}

/**
 * Waits until up to 400 ms before the window's end, as long as a payment takes on a busy machine, so that payment and
 * expiry race.
 */
const justBefore = (instant: string): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Date.parse(instant) - Date.now() - Math.random() * 400));
