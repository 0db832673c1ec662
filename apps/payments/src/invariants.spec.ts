import { broken } from '@sluice/service-kit';
import { testDatabase, unguarded, type TestDatabase } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { INVARIANTS as invariants } from './invariants.js';

const uuid = (n: number): string => `00000000-0000-7000-8000-00000000000${n}`;

/** What is in order, in all the ways in which it can look odd. */
const SOUND = `
  INSERT INTO captures (id, order_id, amount, status, gateway_reference, refund_reference, version) VALUES
    ('${uuid(1)}', '${uuid(6)}', 500, 'declined', NULL, NULL, 2), ('${uuid(2)}', '${uuid(6)}', 500, 'captured', 'g-2', NULL, 2),
    ('${uuid(3)}', '${uuid(7)}', 900, 'refunded', 'g-3', 'r-3', 3), ('${uuid(4)}', '${uuid(8)}', 100, 'pending', NULL, NULL, 1);`;

/** By invariant: the row that breaks it, and how it comes about. */
const BREAKS: Record<string, [id: string, sql: string]> = {
  orders_captured_once: [uuid(6), `INSERT INTO captures (id, order_id, amount, status, gateway_reference, version) VALUES ('${uuid(5)}', '${uuid(6)}', 500, 'captured', 'g-5', 2)`],
  refunds_within_captures: [uuid(8), `UPDATE captures SET refund_reference = 'r-4' WHERE id = '${uuid(4)}'`],
};

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase('payments');
  await unguarded(database);
});
afterAll(() => database.close());
afterEach(() => database.pool.query('TRUNCATE captures'));

const found = async (): Promise<Record<string, string[]>> => Object.fromEntries(await Promise.all(invariants.map(async (one) => [one.name, await broken(database.pool, one, 10)])));

describe('what holds of the money of every order', () => {
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
