import { setTimeout as pause } from 'node:timers/promises';
import {
  canStartBroker,
  eventually,
  privateBroker,
  privatePostgres,
  startSystem,
  testBroker,
  type PrivateBroker,
  type PrivatePostgres,
  type System,
} from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimAll, claimants, openSale, results, saleOf, watchSums } from './flash-sale.js';
import { expectInvariants } from './invariants.js';
import { ADMIN, Shop } from './shop.js';

const USERS = 1_000;
/** More than two batches sell. */
const PIECES = 400;
/** Sold out while services are killed. */
const FEW = 50;
const WIDTH = 100;
const PAY_WITHIN_SECONDS = 600;

describe.skipIf(!canStartBroker)('a flash sale whose servers are killed in the middle', () => {
  let broker: PrivateBroker;
  let postgres: PrivatePostgres;
  let system: System;
  let shop: Shop;
  let admin: string;

  beforeAll(async () => {
    [broker, postgres] = await Promise.all([privateBroker(), privatePostgres()]);
    const env = { FLASH_SALE_QUEUE_LIMIT: '200' };
    system = await startSystem(env, {
      broker: await testBroker({ server: broker, flashSaleQueueLimit: 200 }),
      postgresUrl: postgres.url,
    });
    shop = new Shop(system.url);
    admin = await shop.signIn(ADMIN);
    await shop.stock(admin, 'RUSH', { east: 5 * PIECES });
    await sellOne();
    // A queue, here that of the payment window, can be lost by a kill -9 within a second after its declaration.
    await pause(2_000);
  }, 240_000);
  afterAll(async () => {
    await system?.close();
    await Promise.all([broker?.close(), postgres?.close()]);
  }, 120_000);

  const open = (quantity: number) =>
    openSale(shop, admin, { sku: 'RUSH', quantity, payWithinSeconds: PAY_WITHIN_SECONDS });
  const sellOne = async () => {
    const saleId = await open(1);
    const [outcome] = await claimAll(shop, saleId, await claimants(system, 1), 1);
    const [won] = await results(shop, [outcome!], 1);
    await shop.reachesEnd(outcome!.claimant.token, won!.orderId!);
  };

  const heldOf = async (saleId: string) => {
    const { rows } = await system.databases['flash-sale'].pool.query<{ held: number }>(
      'SELECT held FROM sales WHERE id = $1',
      [saleId],
    );
    return rows[0]!.held;
  };

  it('services and sessions of the database: no piece is sold twice, and nobody has two claims', async () => {
    const saleId = await open(FEW);
    const sums = watchSums(system, saleId);
    const claiming = claimAll(shop, saleId, await claimants(system, USERS), WIDTH);
    for (const victim of ['flash-sale', 'gateway', 'flash-sale', 'orders'] as const) await system.crash(victim);
    await system.databases['flash-sale'].pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    const tickets = (await claiming).filter(({ ticket }) => ticket !== undefined);
    const ends = await results(shop, tickets, WIDTH);
    // A claim whose response was lost with its gateway may also have won, unknown to its client.
    const sale = await eventually(async () => {
      const now = await saleOf(shop, saleId);
      expect(now).toMatchObject({ state: 'sold-out', remaining: 0 });
      return now;
    });
    expect(sale.held + sale.sold).toBe(FEW);
    expect(ends.filter(({ status }) => status === 'won').length).toBeLessThanOrEqual(FEW);
    await sums();
    const { rows } = await system.databases['flash-sale'].pool.query(
      'SELECT user_id FROM claims WHERE sale_id = $1 GROUP BY 1 HAVING count(*) > 1',
      [saleId],
    );
    expect(rows).toEqual([]);
    await expectInvariants(system);
  }, 240_000);

  const victims: [string, () => Promise<void>][] = [
    [
      'the broker',
      async () => {
        await broker.kill();
        await broker.start();
        system.broker = await testBroker({ server: broker, vhost: system.broker.vhost, flashSaleQueueLimit: 200 });
      },
    ],
    [
      'PostgreSQL',
      async () => {
        await postgres.kill();
        await postgres.start();
      },
    ],
  ];

  it.each(victims)(
    '%s: every piece is sold once, and every accepted claim gets its result',
    async (_, killAndStart) => {
      const saleId = await open(PIECES);
      const claiming = claimAll(shop, saleId, await claimants(system, USERS), WIDTH);
      await eventually(async () => expect(await heldOf(saleId)).toBeGreaterThan(0));
      expect(await heldOf(saleId)).toBeLessThan(PIECES);
      await killAndStart();
      const sums = watchSums(system, saleId);
      const outcomes = await claiming;
      const tickets = outcomes.filter(({ ticket }) => ticket !== undefined);
      const ends = await results(shop, tickets, WIDTH);
      const sale = await eventually(async () => {
        const now = await saleOf(shop, saleId);
        expect(now).toMatchObject({ state: 'sold-out', remaining: 0 });
        return now;
      });
      expect(sale.held).toBe(PIECES);
      expect(ends.filter(({ status }) => status === 'won').length).toBeLessThanOrEqual(PIECES);
      expect(outcomes.every(({ answers }) => [202, 410].includes(answers.at(-1)!))).toBe(true);
      await sums();
      await expectInvariants(system);
    },
    240_000,
  );
});
