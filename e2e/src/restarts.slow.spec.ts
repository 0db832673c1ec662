import { SERVICES, type ProcessSystem } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { balance } from './balancer.js';
import { Buyers } from './buyers.js';
import { expectCompletedOnce, FACTS } from './completed-once.js';
import { follow } from './following.js';
import { expectInvariants } from './invariants.js';
import { processShop } from './process-shop.js';
import { inParallel, Shop } from './shop.js';

const BUYERS = 3;

/** Stops and starts single processes. */
describe.skipIf(process.env['E2E_IN_CONTAINERS'] === 'true')('while the shop is open', () => {
  let system: ProcessSystem;
  let shop: Shop;
  let customer: string;

  beforeAll(async () => {
    const opened = await processShop.open();
    ({ system, shop, customer } = opened);
    await shop.stock(opened.admin, 'TEE', { east: 5_000 });
    await shop.reachesEnd(customer, await shop.placeForSure(customer, 'TEE'));
  });
  afterAll(() => processShop.close());

  it('restarts every service in turn: no request is refused, and nothing is lost or done twice', async () => {
    const gateways = [system.instance('gateway'), await system.another('gateway')];
    const balancer = await balance(gateways);
    onTestFinished(() => balancer.close());
    const balancedShop = new Shop(balancer.url);
    const watched = await inParallel(gateways.length, 1, () => shop.placeForSure(customer, 'TEE'));
    const following = Promise.all(watched.map((id) => follow(balancedShop, customer, id)));
    following.catch(() => undefined); // reported below
    const buyers = new Buyers(balancedShop, customer, 'TEE', BUYERS);
    onTestFinished(() => buyers.stop().catch(() => undefined));

    const [stops, starts] = [new Map<string, number>(), new Map<string, number>()];
    for (const [name, instance] of [
      ...SERVICES.map((name) => [name, system.instance(name)] as const),
      ['the other gateway', gateways[1]!] as const,
    ]) {
      const began = Date.now();
      expect(await instance.end('SIGTERM'), instance.output()).toBe(0);
      stops.set(name, Date.now() - began);
      await instance.start();
      starts.set(name, Date.now() - began - stops.get(name)!);
      await buyers.more(BUYERS);
    }
    await buyers.stop();
    console.log(
      [
        `${buyers.orders.length} orders`,
        `responses ${linesOf(buyers.answers)}`,
        `longest wait in ms ${linesOf(buyers.longest)}`,
        `stopped in ms ${linesOf(stops)}`,
        `started in ms ${linesOf(starts)}`,
        `redelivered: ${await redelivered(system)}`,
      ].join('; '),
    );

    expect(balancer.faults).toEqual([]);
    await inParallel(watched.length, 1, (i) => shop.payForSure(customer, watched[i]!));
    for (const { streams, versions, types } of await following) {
      expect(streams).toBeGreaterThan(1);
      expect(versions).toEqual(versions.map((_, index) => index + 1));
      expect([...types].sort()).toEqual(FACTS.orders.facts);
    }
    await expectCompletedOnce({ system, shop, customer }, [...watched, ...buyers.orders]);
    await expectInvariants(system);
  }, 300_000);
});

const linesOf = (numbers: Map<string, number>): string =>
  [...numbers]
    .sort()
    .map(([what, number]) => `${what}: ${number}`)
    .join(', ');

/** Number of redeliveries in all queues. */
async function redelivered({ broker }: ProcessSystem): Promise<number> {
  const queues = await broker.management.get<{ message_stats?: { redeliver?: number } }[]>(`queues/${broker.vhost}`);
  return queues.reduce((sum, { message_stats }) => sum + (message_stats?.redeliver ?? 0), 0);
}
