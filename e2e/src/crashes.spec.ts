import { startSystem, type ServiceName, type System } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvariants } from './invariants.js';
import { ADMIN, inParallel, Shop } from './shop.js';

const ORDERS = 500;
const WIDTH = 16;
const VICTIMS: ServiceName[] = ['orders', 'inventory', 'payments', 'logistics', 'notifications', 'gateway'];

describe('killing a service with SIGKILL', () => {
  let system: System;
  let shop: Shop;
  let customer: string;

  beforeAll(async () => {
    system = await startSystem();
    shop = new Shop(system.url);
    customer = await shop.signIn();
    await shop.stock(await shop.signIn(ADMIN), 'TEE', { east: 50_000, west: 50_000 });
    await shop.placeForSure(customer, 'TEE');
  });
  afterAll(() => system?.close());

  it('loses and doubles none of 500 orders, whichever service dies in their middle', async () => {
    let placed = 0;
    const killed = new Set<ServiceName>();
    const killTheNext = async () => {
      const victim = VICTIMS[Math.floor((placed / ORDERS) * VICTIMS.length)];
      if (victim === undefined || killed.has(victim)) return;
      killed.add(victim);
      await system.kill(victim);
      await system.start(victim);
    };
    const ids = await inParallel(ORDERS, WIDTH, async () => {
      const id = await shop.placeForSure(customer, 'TEE');
      placed++;
      const kill = killTheNext();
      await Promise.all([kill, shop.payForSure(customer, id)]);
      return id;
    });
    expect([...killed].sort()).toEqual([...VICTIMS].sort());
    expect(new Set(ids).size).toBe(ORDERS);
    await inParallel(ORDERS, WIDTH, (i) => shop.reaches(customer, ids[i] ?? '', 'completed', 90_000));
    await expectInvariants(system);
  });
});
