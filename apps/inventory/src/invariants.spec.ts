import { broken } from '@sluice/service-kit';
import { testDatabase, unguarded, type TestDatabase } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { INVARIANTS as invariants } from './invariants.js';

const uuid = (n: number): string => `00000000-0000-7000-8000-00000000000${n}`;

/** What is in order, in all the ways in which it can look odd. */
const SOUND = `
  INSERT INTO stock (sku, warehouse, received, on_hand, reserved, allotted, issued, version) VALUES ('cap', 'east', 10, 4, 3, 2, 1, 5), ('mug', 'west', 0, 0, 0, 0, 0, 0);
  INSERT INTO allotments (sale_id, sku, status, quantity, remaining, taken, version) VALUES ('${uuid(1)}', 'cap', 'allotted', 3, '{"east": 2}', 1, 1), ('${uuid(2)}', 'mug', 'refused', 5, '{}', 0, 1);`;

/** By invariant: the row that breaks it, and how it comes about. */
const BREAKS: Record<string, [id: string, sql: string]> = {
  stock_conserved: ['cap/east', `UPDATE stock SET on_hand = on_hand + 1 WHERE sku = 'cap'`],
  stock_not_negative: ['mug/west', `UPDATE stock SET on_hand = -1, reserved = 1 WHERE sku = 'mug'`],
  allotted_stock_in_allotments: ['cap/east', `UPDATE allotments SET remaining = '{"east": 1}' WHERE sku = 'cap'`],
};

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase('inventory');
  await unguarded(database);
});
afterAll(() => database.close());
afterEach(() => database.pool.query('TRUNCATE stock, allotments'));

const found = async (): Promise<Record<string, string[]>> => Object.fromEntries(await Promise.all(invariants.map(async (one) => [one.name, await broken(database.pool, one, 10)])));

describe('what holds of every shelf', () => {
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
