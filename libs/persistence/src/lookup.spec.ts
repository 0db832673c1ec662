import { testDatabase, type TestDatabase } from '@sluice/testing';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookUp, lookups } from './lookup.js';
import { createPool } from './pool.js';
import { schemaSql, tables } from './testing/bank.js';

const ID = '0190a8f0-7b7a-7cc0-8d2c-11111111aaaa';
const accountOf = lookups(tables.accounts);
const binOf = lookups(tables.bins);
const cartOf = lookups(tables.carts);
const rateOf = lookups(tables.rates);

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await testDatabase('lookup', { schemaSql });
  pool = createPool(database.url, { max: 1 });
  await pool.query(`
    INSERT INTO accounts VALUES ('ada', 12, '2026-01-02T03:04:05.678Z', '["new"]', 3), ('stub', null, null, null, 0);
    INSERT INTO bins VALUES ('bolt', 'east', 7, 1), ('bolt', 'west', 8, 1);
    INSERT INTO carts VALUES ('${ID}', 2, 1);
    INSERT INTO rates VALUES ('EUR', 108)`);
});
afterAll(async () => {
  await pool.end();
  await database.close();
});

describe('a lookup', () => {
  it('returns the row as a rule gets it', async () => {
    const openedAt = new Date('2026-01-02T03:04:05.678Z');
    expect(await lookUp(pool, accountOf('ada'))).toEqual([
      { id: 'ada', balance: 12, openedAt, tags: ['new'], version: 3 },
    ]);
  });

  it('finds nothing where a placeholder holds a lock, or where there is no row', async () =>
    expect(await lookUp(pool, accountOf('stub'), accountOf('nobody'))).toEqual([undefined, undefined]));

  it('finds a row by a key of several columns, by an id in capitals, and in a table that is only read', async () =>
    expect(await lookUp(pool, binOf('bolt/west'), cartOf(ID.toUpperCase()), rateOf('EUR'))).toEqual([
      { sku: 'bolt', warehouse: 'west', onHand: 8 },
      { id: ID, items: 2 },
      { currency: 'EUR', cents: 108 },
    ]));

  it('leaves the pool usable when it fails', async () => {
    await expect(lookUp(pool, cartOf('no id'), cartOf(ID))).rejects.toThrow('invalid input syntax');
    expect(await lookUp(pool, cartOf(ID))).toEqual([{ id: ID, items: 2 }]);
  });
});
