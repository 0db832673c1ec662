import type { System } from '@sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectInvariants } from './invariants.js';
import { sharedShop } from './shared-system.js';
import { inParallel, type Shop } from './shop.js';

describe('one hot SKU', () => {
  let system: System;
  let shop: Shop;
  let customer: string;
  let admin: string;

  beforeAll(async () => {
    ({ system, shop, customer, admin } = await sharedShop.open());
    await shop.stock(admin, 'WARM-UP', { east: 1 });
    await shop.stock(admin, 'HOT', { east: 50, west: 50 });
    await shop.placeForSure(customer, 'WARM-UP');
  });

  it('reserves exactly 100 of 1,000 concurrent orders on a stock of 100 and rejects 900 as out of stock', async () => {
    const ids = await inParallel(1_000, 200, () => shop.placeForSure(customer, 'HOT'));
    const settled = await inParallel(ids.length, 50, (i) => shop.reachesEnd(customer, ids[i] ?? ''));
    const count = (status: string, reason?: string) =>
      settled.filter((order) => order.status === status && order.reason === reason).length;
    expect([count('awaiting_payment'), count('rejected', 'out_of_stock')]).toEqual([100, 900]);
    expect((await shop.call('GET', '/products/HOT')).body).toMatchObject({ available: 0 });
    await expectInvariants(system);
  });
});
