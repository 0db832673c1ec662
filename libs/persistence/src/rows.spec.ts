import type { QueryResult } from 'pg';
import { describe, expect, it } from 'vitest';
import { collection } from './collection.js';
import { Rows } from './rows.js';

const accounts = collection<{ id: string; openedAt: Date; version: number }>({
  table: 'accounts',
  key: 'id',
  columns: ['id', 'openedAt', 'version'],
});
const bins = collection<{ sku: string; warehouse: string; onHand: number }>({
  table: 'bins',
  key: ['sku', 'warehouse'],
  columns: ['sku', 'warehouse', 'onHand'],
});
const rates = collection<{ currency: string; cents: number }>({
  table: 'rates',
  key: 'currency',
  columns: ['currency', 'cents'],
  lock: false,
});

const [TEXT, INT4, TIMESTAMPTZ] = [25, 23, 1184];
const NOON = new Date('2026-01-01T12:00:00.000Z');

const answer = (types: Record<string, number>, rows: object[]) =>
  ({
    rows,
    fields: Object.entries(types).map(([name, dataTypeID]) => ({ name, dataTypeID })),
  }) as unknown as QueryResult;
const accountsAre = (...rows: object[]) =>
  answer({ '#key': INT4, '#version': INT4, id: TEXT, openedAt: TIMESTAMPTZ, version: INT4 }, rows);
const ann = { id: 'ann', openedAt: NOON, version: 3 };

/** Ann has an account, Bob has none yet. */
function annAndBob(): Rows {
  const rows = new Rows(accounts, ['ann', 'bob']);
  rows.fill(
    accountsAre(
      { '#key': 1, '#version': 3, ...ann },
      { '#key': 2, '#version': 0, id: 'bob', openedAt: null, version: 0 },
    ),
  );
  return rows;
}
const statements = (rows: Rows) => rows.writes().map(({ text, values }) => [text, JSON.parse(values![0] as string)]);

describe('reading', () => {
  it('locks every key, including one without a row', () => {
    const given = JSON.stringify([{ id: 'ann' }, { id: 'bob' }]);
    expect(new Rows(accounts, ['ann', 'bob']).reads()).toMatchObject([
      { text: accounts.sql.insertStubs, values: [given] },
      { text: accounts.sql.read, values: [given] },
    ]);
  });

  it('locks nothing of a collection that is only read', () => {
    expect(new Rows(rates, ['EUR']).reads()).toMatchObject([
      { text: rates.sql.read, values: ['[{"currency":"EUR"}]'] },
    ]);
  });

  it('returns a row as it is, and undefined for a stub', () => {
    const rows = annAndBob();
    expect([rows.get('ann'), rows.get('bob')]).toEqual([ann, undefined]);
    expect(Object.isFrozen(rows.get('ann'))).toBe(true);
  });

  it('throws for a missing row that should be locked, and returns undefined for one that is only read', () => {
    const rows = new Rows(accounts, ['ann']);
    rows.fill(accountsAre());
    expect(() => rows.get('ann')).toThrow(/ann of accounts was deleted/);
    const read = new Rows(rates, ['EUR', 'USD']);
    read.fill(answer({ '#key': INT4, currency: TEXT, cents: INT4 }, [{ '#key': 2, currency: 'USD', cents: 1 }]));
    expect([read.get('EUR'), read.get('USD')]).toEqual([undefined, { currency: 'USD', cents: 1 }]);
  });
});

describe('writing', () => {
  it('takes effect when the returned function is called, and then for all later reads', () => {
    const rows = annAndBob();
    const write = rows.write('ann', { ...ann, version: 4 });
    expect(rows.get('ann')).toEqual(ann);
    write();
    expect(rows.get('ann')).toEqual({ ...ann, version: 4 });
    expect(rows.get('ann')).not.toHaveProperty('#version');
  });

  it('updates changed rows and deletes unused stubs', () => {
    const rows = annAndBob();
    rows.write('ann', { ...ann, version: 4 })();
    expect(statements(rows)).toEqual([
      [accounts.sql.update, [{ id: 'ann', opened_at: NOON.toISOString(), version: 4 }]],
      [accounts.sql.deleteStubs, [{ id: 'bob' }]],
    ]);
  });

  it('fills a stub', () => {
    const rows = annAndBob();
    rows.write('bob', { id: 'bob', openedAt: NOON, version: 1 })();
    expect(statements(rows)).toEqual([
      [accounts.sql.update, [{ id: 'bob', opened_at: NOON.toISOString(), version: 1 }]],
    ]);
  });

  it('writes nothing for a row that stays the same, and nothing to a collection that is only read', () => {
    const rows = annAndBob();
    rows.write('ann', rows.get('ann')!)();
    expect(statements(rows).map(([text]) => text)).toEqual([accounts.sql.deleteStubs]);
    const read = new Rows(rates, ['EUR']);
    read.fill(answer({ '#key': INT4, currency: TEXT, cents: INT4 }, [{ '#key': 1, currency: 'EUR', cents: 1 }]));
    expect(read.writes()).toEqual([]);
    expect(() => read.write('EUR', { currency: 'EUR', cents: 2 })).toThrow(/EUR of rates, which is only read here/);
  });

  it('is refused for a key that the message did not lock', () => {
    expect(() => annAndBob().write('eve', { id: 'eve', openedAt: NOON, version: 1 })).toThrow(
      /eve of accounts, which its message did not lock/,
    );
  });

  it('is possible under the key as the table spells it', () => {
    const rows = new Rows(accounts, ['ANN']);
    rows.fill(accountsAre({ '#key': 1, '#version': 3, ...ann }));
    rows.write('ann', { ...ann, version: 4 })();
    expect(rows.get('ANN')).toEqual({ ...ann, version: 4 });
    expect([rows.keyOf('ANN'), rows.keyOf('ann'), rows.keyOf('EVE')]).toEqual(['ann', 'ann', 'EVE']);
  });

  it('is refused for the row of another key', () => {
    expect(() => annAndBob().write('ann', { ...ann, id: 'bob' })).toThrow(/row bob of accounts under the key ann/);
  });

  it('is refused without a version when the rule counts it', () => {
    const rows = annAndBob();
    for (const version of [0, undefined, null])
      expect(() => rows.write('ann', { ...ann, version })).toThrow(/ann of accounts without a version/);
    rows.write('bob', { id: 'bob', openedAt: NOON, version: 1 })();
    expect(rows.get('bob')).toMatchObject({ version: 1 });
  });

  it('needs no version when the table counts it', () => {
    const rows = new Rows(bins, ['bolt/east']);
    rows.fill(
      answer({ '#key': INT4, '#version': INT4, sku: TEXT, warehouse: TEXT, onHand: INT4 }, [
        { '#key': 1, '#version': 0, sku: 'bolt', warehouse: 'east', onHand: null },
      ]),
    );
    rows.write('bolt/east', { sku: 'bolt', warehouse: 'east', onHand: 2 })();
    expect(statements(rows)).toEqual([[bins.sql.update, [{ sku: 'bolt', warehouse: 'east', on_hand: 2 }]]]);
  });

  it('with two spellings of one key changes one row, which keeps the spelling of the table', () => {
    const rows = new Rows(accounts, ['ANN', 'Ann']);
    rows.fill(accountsAre({ '#key': 1, '#version': 3, ...ann }, { '#key': 2, '#version': 3, ...ann }));
    rows.write('ANN', { ...ann, id: 'ANN', version: 4 })();
    rows.write('ANN', { ...ann, version: 5 })();
    for (const key of ['ANN', 'Ann', 'ann']) expect(rows.get(key)).toEqual({ ...ann, version: 5 });
    expect(statements(rows)).toEqual([
      [accounts.sql.update, [{ id: 'ann', opened_at: NOON.toISOString(), version: 5 }]],
    ]);
  });
});
