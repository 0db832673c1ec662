import { testDatabase, type TestDatabase } from '@sluice/testing';
import { Client, type Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { committedRows, type Committed } from './committed-rows.js';
import { Lookups } from './lookup.js';
import { createPool } from './pool.js';
import { Deposit, messageOf, schemaSql, tables } from './testing/bank.js';

const ID = '0190a8f0-7b7a-7cc0-8d2c-11111111aaaa';

let database: TestDatabase;
let pool: Pool;
let accounts: Lookups<[typeof tables.accounts]>;
let carts: Lookups<[typeof tables.carts]>;
beforeAll(async () => {
  database = await testDatabase('lookup', { schemaSql });
  pool = createPool(database.url, { max: 1 });
  accounts = new Lookups(pool, tables.accounts);
  carts = new Lookups(pool, tables.carts);
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
    expect(await accounts.read('ada')).toEqual([{ id: 'ada', balance: 12, openedAt, tags: ['new'], version: 3 }]);
  });

  it('finds nothing where a stub holds a lock, or where there is no row', async () =>
    expect(await Promise.all([accounts.read('stub'), accounts.read('nobody')])).toEqual([[undefined], [undefined]]));

  it('finds a row by a key of several columns, by an id in capitals, and in a table that is only read', async () =>
    expect(
      await new Lookups(pool, tables.bins, tables.carts, tables.rates).read('bolt/west', ID.toUpperCase(), 'EUR'),
    ).toEqual([
      { sku: 'bolt', warehouse: 'west', onHand: 8 },
      { id: ID, items: 2 },
      { currency: 'EUR', cents: 108 },
    ]));

  it('shares a read with those that are asked for at the same time, the same row included', async () => {
    const queries = vi.spyOn(Client.prototype, 'query');
    const rows = await Promise.all(['ada', 'nobody', 'ada'].map((id) => accounts.read(id)));
    expect(rows.map(([row]) => row?.id)).toEqual(['ada', undefined, 'ada']);
    expect(queries).toHaveBeenCalledTimes(1);
    queries.mockRestore();
  });

  it('with a key that cannot be one fails alone, and leaves the pool usable', async () => {
    const [bad, good] = await Promise.allSettled([carts.read('no id'), carts.read(ID)]);
    expect(bad).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('invalid input syntax') },
    });
    expect(good).toMatchObject({ value: [{ id: ID, items: 2 }] });
  });
});

describe('a lookup for a message', () => {
  const written = { id: 'ada', balance: 99 };
  const committed: Committed = {
    rowOf: (table, key) => (table === tables.accounts && key === 'ada' ? written : undefined),
  };
  const message = () => messageOf(Deposit, { account: 'ada', amount: 1 });

  it('gets the rows of the commit that has sent it, once, and later those of the table', async () => {
    const sent = message();
    committedRows(pool).add(sent.id, committed);
    expect(await accounts.readFor(sent, 'ada')).toEqual([written]);
    expect(await accounts.readFor(sent, 'ada')).toMatchObject([{ balance: 12 }]);
  });

  it('reads all rows when that commit did not have one of them', async () => {
    const both = new Lookups(pool, tables.accounts, tables.rates);
    const sent = message();
    committedRows(pool).add(sent.id, committed);
    expect(await both.readFor(sent, 'ada', 'EUR')).toMatchObject([{ balance: 12 }, { cents: 108 }]);
  });

  it('reads the rows when the message has waited, or has been handled before', async () => {
    const [late, again] = [message(), message()];
    committedRows(pool).add(late.id, committed);
    committedRows(pool).add(again.id, committed);
    committedRows(pool).forget(again.id);
    const clock = vi.spyOn(performance, 'now').mockReturnValueOnce(performance.now() + 101);
    expect(await accounts.readFor(late, 'ada')).toMatchObject([{ balance: 12 }]);
    clock.mockRestore();
    expect(await accounts.readFor(again, 'ada')).toMatchObject([{ balance: 12 }]);
  });
});
