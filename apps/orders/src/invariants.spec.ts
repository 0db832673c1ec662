import { broken } from '@sluice/service-kit';
import { testDatabase, unguarded, type TestDatabase } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { invariantsOf } from './invariants.js';

const uuid = (n: number): string => `00000000-0000-7000-8000-00000000000${n}`;
const invariants = invariantsOf({ PAYMENT_WINDOW_SECONDS: 1_800, ORDER_DEADLINE_SECONDS: 7_200, DEADLINE_SWEEP_MS: 5_000 });

/** What is in order, in all the ways in which it can look odd. */
const SOUND = `
  INSERT INTO orders (id, status, placed_at, pay_by, version) VALUES
    ('${uuid(1)}', 'pending', now() - interval '2 hours 30 seconds', NULL, 1), ('${uuid(2)}', 'awaiting_payment', now() - interval '2 days', now() - interval '30 seconds', 3),
    ('${uuid(3)}', 'cancelled', now() - interval '2 days', now() - interval '1 day', 4), ('${uuid(4)}', 'paid', now() - interval '2 days', now() - interval '1 day', 4);`;

/** By invariant: the row that breaks it, and how it comes about. */
const BREAKS: Record<string, [id: string, sql: string]> = {
  unpaid_orders_within_window: [uuid(2), `UPDATE orders SET pay_by = now() - interval '61 seconds' WHERE status = 'awaiting_payment'`],
  pending_orders_within_deadline: [uuid(1), `UPDATE orders SET placed_at = now() - interval '2 hours 61 seconds' WHERE status = 'pending'`],
};

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase('orders');
  await unguarded(database);
});
afterAll(() => database.close());
afterEach(() => database.pool.query('TRUNCATE orders'));

const found = async (): Promise<Record<string, string[]>> => Object.fromEntries(await Promise.all(invariants.map(async (one) => [one.name, await broken(database.pool, one, 10)])));

describe('what holds of every order that waits', () => {
  it('holds where everything is in order', async () => {
    await database.pool.query(SOUND);
    expect(await found()).toEqual(Object.fromEntries(invariants.map(({ name }) => [name, []])));
  });

  it.each(invariants.map(({ name }) => name))('%s: names what breaks it', async (name) => {
    await database.pool.query(SOUND);
    const [id, sql] = BREAKS[name]!;
    await database.pool.query(sql);
    expect((await found())[name]).toEqual([id]);
  });
});
