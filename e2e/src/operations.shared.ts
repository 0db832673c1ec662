import { EXCHANGES } from '@sluice/contracts';
import { deadLetters, depth, eventually, SERVICES, type ProcessSystem } from '@sluice/testing';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { balance } from './balancer.js';
import { Buyers } from './buyers.js';
import { follow } from './following.js';
import { expectInvariants } from './invariants.js';
import { operate } from './operator.js';
import { processShop, TIERS_MS } from './process-shop.js';
import { inParallel, Shop } from './shop.js';

const BUYERS = 3;
const TRIES = TIERS_MS.length + 1;
const LETTERS = 5;
const QUEUE = 'logistics.events';

/** Recorded facts of an order that was completed from one warehouse. */
const FACTS = {
  orders: {
    sql: 'SELECT order_id AS id, type AS fact FROM order_history',
    facts: [
      'order.awaiting_payment',
      'order.completed',
      'order.paid',
      'order.placed',
      'order.priced',
      'order.shipped',
      'parcel.created',
      'parcel.delivered',
      'parcel.dispatched',
      'stock.reserved',
    ],
  },
  payments: { sql: 'SELECT order_id AS id, status AS fact FROM captures WHERE version > 0', facts: ['captured'] },
  logistics: { sql: 'SELECT order_id AS id, status AS fact FROM parcels WHERE version > 0', facts: ['delivered'] },
} as const;

/** Stops and starts single processes. */
describe.skipIf(process.env['E2E_IN_CONTAINERS'] === 'true')('while the shop is open', () => {
  let system: ProcessSystem;
  let shop: Shop;
  let admin: string;
  let customer: string;

  beforeAll(async () => {
    ({ system, shop, customer, admin } = await processShop.open());
    await shop.stock(admin, 'TEE', { east: 5_000 });
    await shop.reachesEnd(customer, await shop.placeForSure(customer, 'TEE'));
  });

  /** Asserts that all orders are completed, with every fact recorded once. */
  async function expectCompletedOnce(ids: string[]): Promise<void> {
    await inParallel(ids.length, BUYERS, (i) => shop.reaches(customer, ids[i]!, 'completed'));
    for (const [service, { sql, facts }] of Object.entries(FACTS)) {
      const { rows } = await system.databases[service as keyof typeof FACTS].pool.query(
        `SELECT fact, count(*)::int AS recorded, count(DISTINCT id)::int AS orders FROM (${sql}) AS facts
         WHERE id = ANY($1) GROUP BY fact ORDER BY fact COLLATE "C"`,
        [ids],
      );
      expect(rows).toEqual(facts.map((fact) => ({ fact, recorded: ids.length, orders: ids.length })));
    }
  }

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
    await expectCompletedOnce([...watched, ...buyers.orders]);
    await expectInvariants(system);
  }, 300_000);

  it('dead-letters messages of a failing handler with their reason, and redrives them, also twice', async () => {
    const { pool } = system.databases.logistics;
    await pool.query('ALTER TABLE parcels RENAME COLUMN address TO destination');
    const ids = await inParallel(LETTERS, LETTERS, () => shop.placeForSure(customer, 'TEE'));
    await inParallel(LETTERS, LETTERS, async (i) => {
      await shop.reaches(customer, ids[i]!, 'awaiting_payment');
      await shop.payForSure(customer, ids[i]!);
    });
    await eventually(async () => expect(await depth(system.broker, `${QUEUE}.dead`)).toBe(LETTERS), {
      withinMs: 30_000,
    });
    const letters = await deadLetters(system.broker, QUEUE);
    const id = String(letters[0]!.properties.messageId);

    expect(await operate(system, 'dead-letters', 'list')).toMatchObject({
      code: 0,
      output: expect.stringMatching(
        new RegExp(`^${QUEUE}  ${LETTERS} dead letters, .*\\n +${LETTERS} × order\\.paid  .*address`),
      ),
    });
    const { output } = await operate(system, 'dead-letters', 'show', id);
    for (const text of [
      `id: ${id}`,
      `attempts: ${TRIES}`,
      'first published to: shop.events',
      'with the routing key: order.paid',
      'redriven: 0',
    ])
      expect(output).toContain(text);
    expect(output).toMatch(/^reason: .*column .*address does not exist$/m);
    expect(output).toMatch(/^stack:\n {2}\S+: column .*\n +at /m);
    expect(output.match(/^ +\d+\. \d{4}-.*address/gm)).toHaveLength(TRIES);
    const { status, body } = await shop.call<{
      queues: { queue: string; count: number; letters: unknown[] }[];
      unanswered: string[];
    }>('GET', '/ops/dead-letters', { token: admin });
    expect([status, body.unanswered]).toEqual([200, []]);
    const failed = {
      type: 'order.paid',
      attempts: TRIES,
      redriven: 0,
      originalExchange: 'shop.events',
      originalRoutingKey: 'order.paid',
      reason: expect.stringContaining('address'),
      history: { length: TRIES },
    };
    expect(body.queues.filter(({ count }) => count > 0)).toMatchObject([
      { queue: QUEUE, count: LETTERS, letters: letters.map(() => failed) },
    ]);
    expect(await operate(system, 'audit')).toMatchObject({
      code: 1,
      output: expect.stringContaining(`${QUEUE}.dead: ${LETTERS}`),
    });

    await pool.query('ALTER TABLE parcels RENAME COLUMN destination TO address');
    const sentHome = { code: 0, output: `${LETTERS} dead letters sent home to ${QUEUE}\n` };
    expect(await operate(system, 'dead-letters', 'redrive', QUEUE)).toEqual(sentHome);
    await expectCompletedOnce(ids);

    await writeBack(system, letters);
    expect(await operate(system, 'dead-letters', 'redrive', QUEUE)).toEqual(sentHome);
    expect(await operate(system, 'dead-letters', 'list')).toEqual({ code: 0, output: 'no dead letters\n' });
    await expectInvariants(system);
    await expectCompletedOnce(ids);
  });
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

/** Restores the state of a redrive that crashed between its two steps: republished, and still dead-lettered. */
async function writeBack({ broker }: ProcessSystem, letters: Awaited<ReturnType<typeof deadLetters>>): Promise<void> {
  const channel = await broker.connection.createConfirmChannel();
  for (const { body, properties } of letters)
    channel.publish(EXCHANGES.dead, QUEUE, Buffer.from(body), properties as object);
  await channel.waitForConfirms();
  await channel.close();
}
