import { broken } from '@sluice/service-kit';
import { testDatabase, unguarded, type TestDatabase } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { INVARIANTS as invariants } from './invariants.js';

const uuid = (n: number): string => `00000000-0000-7000-8000-00000000000${n}`;

/** What is in order, in all the ways in which it can look odd. */
const SOUND = `
  INSERT INTO sales (id, state, quantity, remaining, held, sold, version) VALUES ('${uuid(1)}', 'open', 5, 3, 1, 1, 9), ('${uuid(2)}', NULL, 0, 0, 0, 0, 0);
  INSERT INTO claims (sale_id, user_id, round, win, won_round, order_id, version) VALUES
    ('${uuid(1)}', '${uuid(3)}', 1, 'held', 1, '${uuid(6)}', 1), ('${uuid(1)}', '${uuid(4)}', 1, 'paid', 1, '${uuid(7)}', 2), ('${uuid(1)}', '${uuid(5)}', 1, 'expired', 1, '${uuid(8)}', 3),
    ('${uuid(1)}', '${uuid(9)}', 1, NULL, NULL, NULL, 1);`;

/** By invariant: the row that breaks it, and how it comes about. */
const BREAKS: Record<string, [id: string, sql: string]> = {
  sale_pieces_conserved: [uuid(1), `UPDATE sales SET remaining = 2 WHERE version > 0`],
  sale_pieces_not_negative: [uuid(1), `UPDATE sales SET remaining = -1, quantity = 1 WHERE version > 0`],
  users_win_once: [`${uuid(1)}/${uuid(3)}`, `INSERT INTO claims (sale_id, user_id, round, win, won_round, order_id, version) VALUES ('${uuid(1)}', '${uuid(3)}', 2, 'held', 2, '${uuid(9)}', 1)`],
  won_pieces_have_winners: [uuid(1), `UPDATE claims SET win = 'expired' WHERE win = 'paid'`],
};

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase('flash-sale');
  await unguarded(database);
});
afterAll(() => database.close());
afterEach(() => database.pool.query('TRUNCATE sales, claims'));

const found = async (): Promise<Record<string, string[]>> => Object.fromEntries(await Promise.all(invariants.map(async (one) => [one.name, await broken(database.pool, one, 10)])));

describe('what holds of every sale', () => {
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
