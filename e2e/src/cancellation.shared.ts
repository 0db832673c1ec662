import { eventually, type System } from '@sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { everyQueueIsEmpty, expectInvariants } from './invariants.js';
import { sharedShop } from './shared-system.js';
import { inParallel, type Shop } from './shop.js';

const RACES = 200;
const WIDTH = 50;
const CARRIER_MS = 1_000;

describe('a customer who changes their mind', () => {
  let system: System;
  let shop: Shop;
  let customer: string;
  let admin: string;

  beforeAll(async () => {
    ({ system, shop, customer, admin } = await sharedShop.open());
    for (const sku of ['SCARF', 'PAIR']) await shop.stock(admin, sku, { east: 3, west: 3 });
    await shop.stock(admin, 'BOWL', { east: 1_000 });
    await shop.createCoupon(admin, { code: 'ONCE', kind: 'percent', value: 25, limit: 1 });
    await shop.placeForSure(customer, 'BOWL').then((id) => shop.cancel(customer, id));
  });

  const available = async (sku: string) =>
    (await shop.call<{ available: number }>('GET', `/products/${sku}`)).body.available;
  const paidOrder = async (sku: string, quantity = 1) => {
    const id = await shop.placeForSure(customer, sku, { quantity });
    await shop.reachesEnd(customer, id);
    await shop.payForSure(customer, id);
    return id;
  };

  it('before paying gets stock and coupon released at once', async () => {
    const { body } = await shop.place(customer, 'SCARF', { quantity: 2, coupon: 'once' });
    const payable = await shop.reaches(customer, body.id, 'awaiting_payment');
    expect(payable).toMatchObject({ coupon: 'ONCE', discount: { amount: 500 }, total: { amount: 1_500 } });
    expect(await shop.cancel(customer, body.id)).toMatchObject({
      status: 200,
      body: { status: 'cancelled', reason: 'customer' },
    });
    expect(await shop.cancel(customer, body.id)).toMatchObject({ status: 200 });
    await eventually(async () => expect(await available('SCARF')).toBe(6));
    expect((await shop.pay(customer, body.id)).status).toBe(409);
    const { body: next } = await shop.place(customer, 'SCARF', { coupon: 'ONCE' });
    await shop.reaches(customer, next.id, 'awaiting_payment');
    await shop.cancel(customer, next.id);
  });

  it('after paying has both parcels halted, the money refunded and the stock returned', async () => {
    const id = await paidOrder('PAIR', 5);
    expect((await shop.cancel(customer, id)).status).toBe(202);
    const cancelled = await eventually(async () => {
      const order = await shop.order(customer, id);
      expect(order).toMatchObject({ status: 'cancelled', reason: 'customer', refundedAt: expect.any(String) });
      return order;
    });
    expect(cancelled.parcels.map(({ status }) => status)).toEqual(['halted', 'halted']);
    await eventually(async () => expect(await available('PAIR')).toBe(6));
    for (const { id: parcel } of cancelled.parcels)
      expect((await shop.call('POST', `/parcels/${parcel}/dispatch`, { token: admin })).status).toBe(409);
  });

  it('after a parcel has left is too late', async () => {
    const id = await paidOrder('BOWL');
    await shop.reaches(customer, id, 'shipped');
    expect((await shop.cancel(customer, id)).status).toBe(409);
    await shop.reaches(customer, id, 'completed');
    expect((await shop.cancel(customer, id)).status).toBe(409);
    expect((await shop.timeline(customer, id)).filter((type) => type === 'order.cancellation_refused')).toHaveLength(1);
  });

  it('and an order of another user, or an unknown one: 404', async () => {
    expect((await shop.cancel(admin, await shop.placeForSure(customer, 'BOWL'))).status).toBe(404);
    expect((await shop.cancel(customer, '0190a6a0-0000-7000-8000-00000000dead')).status).toBe(404);
  });

  it('at the moment of the pick-up gets either the money or the parcel, never both and never neither', async () => {
    const ids = await inParallel(RACES, WIDTH, async () => {
      const id = await paidOrder('BOWL');
      await aroundThePickUp();
      await shop.cancel(customer, id);
      return id;
    });
    const ends = await inParallel(RACES, WIDTH, (i) =>
      eventually(
        async () => {
          const { status } = await shop.order(customer, ids[i]!);
          if (!['cancelled', 'completed'].includes(status)) throw new Error(`order ${ids[i]} is ${status}`);
          return status;
        },
        { withinMs: 60_000 },
      ),
    );
    await everyQueueIsEmpty(system);
    const cancelled = ids.filter((_, i) => ends[i] === 'cancelled').sort();
    console.log(`of ${RACES} cancellations against the carrier ${cancelled.length} came in time`);
    const { rows: refunded } = await system.databases.payments.pool.query<{ order_id: string }>(
      "SELECT order_id FROM captures WHERE order_id = ANY($1) AND status = 'refunded'",
      [ids],
    );
    const { rows: halted } = await system.databases.logistics.pool.query<{ order_id: string }>(
      "SELECT order_id FROM parcels WHERE order_id = ANY($1) AND status = 'halted'",
      [ids],
    );
    expect([refunded, halted].map((rows) => rows.map(({ order_id }) => order_id).sort())).toEqual([
      cancelled,
      cancelled,
    ]);
    await expectInvariants(system);
  });
});

/** Waits a random time around the carrier's pick-up. */
const aroundThePickUp = (): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, CARRIER_MS * (0.5 + Math.random())));
