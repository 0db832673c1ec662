import { eventually, startSystem, type System } from '@sluice/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvariants } from './invariants.js';
import { operate } from './operator.js';
import { ADMIN, inParallel, Shop } from './shop.js';

/** Uses up all retries in 1 s instead of 71 s, so that a short outage here stands for one of minutes. */
const HORIZON = { RETRY_TIERS_MS: '1000' };
const SICK_FOR_MS = 8_000;
/** Probes are 2 s apart; the rest is for a machine that is busy with other tests. */
const BACK_WITHIN_MS = 10_000;
/** Further time for orders to pass through five services on such a machine. */
const USUAL_WAY_MS = 30_000;

let system: System;
let shop: Shop;
let customer: string;
const server = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 2 });

beforeAll(async () => {
  system = await startSystem(HORIZON);
  shop = new Shop(system.url);
  customer = await shop.signIn();
  const admin = await shop.signIn(ADMIN);
  for (const sku of ['TEE', 'MUG']) await shop.stock(admin, sku, { east: 5_000, west: 5_000 });
  for (const sku of ['TEE', 'MUG']) await shop.placeForSure(customer, sku);
});
afterAll(async () => {
  await system?.close();
  await server.end();
});

const place = (count: number, sku = 'TEE') => inParallel(count, 8, () => shop.placeForSure(customer, sku));
const reach = (ids: string[], status: 'awaiting_payment' | 'completed', withinMs: number) =>
  inParallel(ids.length, 16, (i) => shop.reaches(customer, ids[i]!, status, withinMs));

const statuses = (ids: string[]) =>
  inParallel(ids.length, 16, async (i) => (await shop.order(customer, ids[i]!)).status);
/** Waits until the orders exist: before that, an order answered with 202 is not found. */
const placed = (ids: string[]) => eventually(() => statuses(ids), { withinMs: BACK_WITHIN_MS });

/**
 * Makes the databases of some services fail by the SQL of `sick`, and returns the cure. Ends all connections, so that
 * new ones are affected.
 */
async function makeSick(
  owners: (keyof System['databases'])[],
  sick: (name: string) => string,
  well: (name: string) => string,
): Promise<() => Promise<void>> {
  const names = owners.map((owner) => new URL(system.databases[owner].url).pathname.slice(1));
  for (const name of names) await server.query(sick(name));
  await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY($1)', [names]);
  return async () => {
    for (const name of names) await server.query(well(name));
  };
}

const waitFor = (ms: number) => {
  const end = performance.now() + ms;
  return eventually(() => expect(performance.now()).toBeGreaterThan(end), { withinMs: ms + 2_000 });
};

describe('a database that fails for longer than all retries', () => {
  it('read-only, as after a failover: every order accepted with 202 is placed within 10 s of its end', async () => {
    const cure = await makeSick(
      ['orders'],
      (name) => `ALTER DATABASE ${name} SET default_transaction_read_only = on`,
      (name) => `ALTER DATABASE ${name} RESET default_transaction_read_only`,
    );
    const answers = await inParallel(20, 20, () => shop.place(customer, 'TEE'));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202));
    await waitFor(SICK_FOR_MS);
    const { output } = await operate(system, 'audit');
    expect(output).toMatch(/^! orders: the database is sick since .*read-only transaction/m);
    await cure();
    const ids = answers.map(({ headers }) => headers.get('location')?.split('/').at(-1) ?? '');
    await placed(ids);
    await reach(ids, 'awaiting_payment', USUAL_WAY_MS);
    await expectInvariants(system);
  }, 120_000);

  it('refusing connections: captures, bookings and texts are done within 10 s of its end, once', async () => {
    const ids = await place(12);
    await reach(ids, 'awaiting_payment', 30_000);
    const cure = await makeSick(
      ['payments', 'logistics', 'notifications'],
      (name) => `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`,
      (name) => `ALTER DATABASE ${name} ALLOW_CONNECTIONS true`,
    );
    const paid = await inParallel(12, 12, (i) =>
      shop.call('POST', `/orders/${ids[i]}/payment`, { token: customer, body: { card: '4242424242424242' } }),
    );
    expect(paid.map(({ status }) => status)).toEqual(Array(12).fill(202));
    await waitFor(SICK_FOR_MS);
    await cure();
    await eventually(
      async () => expect((await statuses(ids)).filter((status) => status === 'awaiting_payment')).toEqual([]),
      { withinMs: BACK_WITHIN_MS },
    );
    await reach(ids, 'completed', USUAL_WAY_MS);
    await expectInvariants(system);
  }, 120_000);

  it('one locked row: orders of other products are not delayed, and those that need it are not lost', async () => {
    const holder = await system.databases.inventory.pool.connect();
    try {
      await holder.query("BEGIN; SELECT FROM stock WHERE sku = 'TEE' FOR UPDATE");
      const held = await place(6, 'TEE');
      const others = await place(6, 'MUG');
      await reach(others, 'awaiting_payment', USUAL_WAY_MS);
      await waitFor(SICK_FOR_MS);
      expect(await statuses(held)).toEqual(Array(6).fill('pending'));
      await holder.query('ROLLBACK');
      await reach(held, 'awaiting_payment', BACK_WITHIN_MS);
    } finally {
      holder.release(true);
    }
    await expectInvariants(system);
  }, 120_000);
});
