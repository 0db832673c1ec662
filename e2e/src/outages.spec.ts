import { randomUUID } from 'node:crypto';
import { eventually, startSystem, type ServiceName, type System } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvariants } from './invariants.js';
import { ADMIN, inParallel, Shop } from './shop.js';

const ORDERS = 200;
const WIDTH = 16;

describe('while a service is down', () => {
  let system: System;
  let shop: Shop;
  let customer: string;

  beforeAll(async () => {
    system = await startSystem();
    shop = new Shop(system.url);
    customer = await shop.signIn();
    await shop.stock(await shop.signIn(ADMIN), 'TEE', { east: 5_000, west: 5_000 });
    await shop.placeForSure(customer, 'TEE');
  });
  afterAll(() => system?.close());

  const place = () => inParallel(ORDERS, WIDTH, () => shop.placeForSure(customer, 'TEE'));
  const all = (ids: string[], status: 'pending' | 'awaiting_payment' | 'paid' | 'completed') =>
    inParallel(ids.length, WIDTH, (i) => shop.reaches(customer, ids[i] ?? '', status, 60_000));
  const pay = async (ids: string[]) => {
    await all(ids, 'awaiting_payment');
    await inParallel(ids.length, WIDTH, (i) => shop.payForSure(customer, ids[i] ?? ''));
  };
  const expectCompletedWithParcelsOnce = async (ids: string[]) => {
    await all(ids, 'completed');
    const { rows } = await system.databases.logistics.pool.query(
      `SELECT order_id, warehouse, count(*)::int AS n FROM parcels
       WHERE order_id = ANY($1) AND version > 0 GROUP BY 1, 2`,
      [ids],
    );
    expect(new Set(rows.map(({ order_id }) => order_id)).size).toBe(ids.length);
    expect(rows.every(({ n }) => n === 1)).toBe(true);
    await expectInvariants(system);
  };

  it.each<[ServiceName]>([['logistics'], ['notifications']])(
    'accepts 200 orders and their payments without %s, and completes them when it returns',
    async (down) => {
      await system.stop(down);
      const ids = await place();
      await pay(ids);
      if (down === 'logistics') await all(ids, 'paid');
      await system.start(down);
      await expectCompletedWithParcelsOnce(ids);
    },
  );

  it('keeps 200 orders pending without inventory, and continues when it returns', async () => {
    await system.stop('inventory');
    const ids = await place();
    await all(ids, 'pending');
    await system.start('inventory');
    await pay(ids);
    await expectCompletedWithParcelsOnce(ids);
  });

  it('keeps 200 orders unpaid without payments, and charges them when it returns', async () => {
    await system.stop('payments');
    const ids = await place();
    await eventually(async () => {
      const { rows } = await system.databases.orders.pool.query(
        "SELECT count(*)::int AS n FROM order_history WHERE order_id = ANY($1) AND type = 'order.priced'",
        [ids],
      );
      expect(rows[0]).toEqual({ n: ORDERS });
    });
    await all(ids, 'pending');
    await system.start('payments');
    await pay(ids);
    await expectCompletedWithParcelsOnce(ids);
  });

  it('accepts orders with 202 while orders is down, places them when it is back, and recognizes keys', async () => {
    await system.stop('orders');
    const keys = Array.from({ length: 20 }, () => randomUUID());
    const accepted = await inParallel(keys.length, WIDTH, (i) => shop.place(customer, 'TEE', { key: keys[i] }));
    expect(accepted.map(({ status }) => status)).toEqual(keys.map(() => 202));
    const ids = accepted.map(({ headers }) => headers.get('location')?.split('/').at(-1) ?? '');
    await system.start('orders');
    await all(ids, 'awaiting_payment');
    const again = await inParallel(keys.length, WIDTH, (i) => shop.place(customer, 'TEE', { key: keys[i] }));
    expect(again.map(({ status, body }) => [status, body.id])).toEqual(ids.map((id) => [201, id]));
    await pay(ids);
    await expectCompletedWithParcelsOnce(ids);
  });

  it('stores an order for an unknown SKU as rejected when it was already answered with 202', async () => {
    await system.stop('orders');
    const { status, headers } = await shop.place(customer, 'NO-SUCH-THING');
    expect(status).toBe(202);
    await system.start('orders');
    const id = headers.get('location')?.split('/').at(-1) ?? '';
    expect(await eventually(() => shop.order(customer, id))).toMatchObject({
      status: 'rejected',
      reason: 'unknown_product',
    });
  });
});
