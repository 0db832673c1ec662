import { SERVICES, startSystem, type ServerName, type ServiceName, type System } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvariants } from './invariants.js';
import { ADMIN, inParallel, Shop } from './shop.js';

const ORDERS = 500;
const WIDTH = 16;

/** For containers only; chaos.slow.spec.ts kills processes more thoroughly. */
describe.runIf(process.env['E2E_IN_CONTAINERS'] === 'true')('SIGKILL of containers under load', () => {
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

  it('loses and duplicates none of 500 orders, whichever container is killed meanwhile', async () => {
    const victims = [...SERVICES, ...system.servers];
    let placed = 0;
    const killed = new Set<ServiceName | ServerName>();
    const killTheNext = async () => {
      const victim = victims[Math.floor((placed / ORDERS) * victims.length)];
      if (victim === undefined || killed.has(victim)) return;
      killed.add(victim);
      await system.crash(victim);
    };
    const ids = await inParallel(ORDERS, WIDTH, async () => {
      const id = await shop.placeForSure(customer, 'TEE');
      placed++;
      const kill = killTheNext();
      await Promise.all([kill, shop.payForSure(customer, id)]);
      return id;
    });
    expect([...killed].sort()).toEqual(victims.sort());
    expect(new Set(ids).size).toBe(ORDERS);
    await inParallel(ORDERS, WIDTH, (i) => shop.reaches(customer, ids[i] ?? '', 'completed', 90_000));
    await expectInvariants(system);
  });
});
