import { depth, eventually, tap, type System, type Tap } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvariants, everyQueueIsEmpty } from './invariants.js';
import { sharedShop } from './shared-system.js';
import { inParallel, type Shop } from './shop.js';

const ORDERS = 100;

describe('delivering every message twice', () => {
  let system: System;
  let shop: Shop;
  let customer: string;
  let admin: string;
  let doubling: Tap;

  beforeAll(async () => {
    ({ system, shop, customer, admin } = await sharedShop.open());
    doubling = await tap(system.broker, { doubling: true });
    await shop.stock(admin, 'SOCK', { east: 5_000, west: 5_000 });
    await shop.placeForSure(customer, 'SOCK');
  });
  afterAll(async () => {
    await doubling?.close();
  });

  /** All effects that are visible to a customer, a warehouse, a bank or a carrier. */
  const effects = async () => {
    const rows = async (service: 'orders' | 'inventory' | 'payments' | 'logistics' | 'notifications', sql: string) =>
      (await system.databases[service].pool.query(sql)).rows;
    return {
      orders: await rows('orders', 'SELECT id, status, version FROM orders WHERE version > 0 ORDER BY 1'),
      history: await rows(
        'orders',
        'SELECT order_id, type, count(*)::int FROM order_history GROUP BY 1, 2 ORDER BY 1, 2',
      ),
      stock: await rows(
        'inventory',
        'SELECT sku, warehouse, received, on_hand, reserved, issued FROM stock ORDER BY 1, 2',
      ),
      captures: await rows(
        'payments',
        'SELECT order_id, status, count(*)::int FROM captures GROUP BY 1, 2 ORDER BY 1, 2',
      ),
      parcels: await rows(
        'logistics',
        `SELECT order_id, warehouse, status, count(*)::int FROM parcels
         WHERE version > 0 GROUP BY 1, 2, 3 ORDER BY 1, 2`,
      ),
      deliveries: await rows(
        'notifications',
        'SELECT about, channel, status, count(*)::int FROM deliveries GROUP BY 1, 2, 3 ORDER BY 1, 2, 3',
      ),
    };
  };
  const buy = async () => {
    const id = await shop.placeForSure(customer, 'SOCK');
    await shop.payForSure(customer, id);
    await shop.reaches(customer, id, 'completed');
    return id;
  };

  it('changes nothing: one order, one capture, one parcel, one notification each', async () => {
    const ids = await inParallel(ORDERS, 50, buy);
    const { history, captures, parcels } = await effects();
    const of = (row: { order_id: string }) => ids.includes(row.order_id);
    expect(history.filter(of).every(({ count }) => count === 1)).toBe(true);
    expect(captures.filter(of)).toEqual(ids.toSorted().map((order_id) => ({ order_id, status: 'captured', count: 1 })));
    expect(parcels.filter(of)).toEqual(
      ids.toSorted().map((order_id) => ({ order_id, warehouse: expect.any(String), status: 'delivered', count: 1 })),
    );
    await expectInvariants(system);
  });

  it('changes nothing when all messages are redelivered after the orders are completed', async () => {
    await everyQueueIsEmpty(system);
    const before = await effects();
    const received = doubling.count();
    expect(received).toBeGreaterThan(ORDERS * 10);
    await doubling.replay();
    await everyQueueIsEmpty(system);
    expect(await effects()).toEqual(before);
    await eventually(async () => expect(await depth(system.broker, 'orders.events')).toBe(0));
    await expectInvariants(system);
  });
});
