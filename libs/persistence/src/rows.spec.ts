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
const notes = collection<{ id: string; text: string }>({
  table: 'notes',
  key: 'id',
  columns: ['id', 'text'],
  lockAbsent: false,
});
const rates = collection<{ currency: string; cents: number }>({
  table: 'rates',
  key: 'currency',
  columns: ['currency', 'cents'],
  lock: false,
});

const [TEXT, INT4, TIMESTAMPTZ, JSONB, UUID] = [25, 23, 1184, 3802, 2950];
const NOON = new Date('2026-01-01T12:00:00.000Z');

const answer = (types: Record<string, number>, rows: object[]) =>
  ({
    rows,
    fields: Object.entries(types).map(([name, dataTypeID]) => ({ name, dataTypeID })),
  }) as unknown as QueryResult;
const accountsAre = (...rows: object[]) =>
  answer({ '#key': INT4, '#version': INT4, id: TEXT, openedAt: TIMESTAMPTZ, version: INT4 }, rows);
const ann = { id: 'ann', openedAt: NOON, version: 3 };

/** Ann has an account, Bob has none yet; where held rows are skipped, a stub locks his key. */
function annAndBob({ skipLocked = false } = {}): Rows {
  const rows = new Rows(accounts, ['ann', 'bob']);
  rows.reads({ skipLocked });
  const stub = { '#key': 2, '#version': 0, id: 'bob', openedAt: null, version: 0 };
  rows.fill(accountsAre({ '#key': 1, '#version': 3, ...ann }, ...(skipLocked ? [stub] : [])));
  return rows;
}
const bob = { id: 'bob', openedAt: NOON, version: 1 };
const stored = ({ id, version }: typeof ann) => ({ id, opened_at: NOON.toISOString(), version });
const statements = (rows: Rows) => rows.writes().map(({ text, values }) => [text, JSON.parse(values![0] as string)]);

describe('reading', () => {
  it('locks the rows that exist, and, where held rows are skipped, every key', () => {
    const given = JSON.stringify([{ id: 'ann' }, { id: 'bob' }]);
    expect(new Rows(accounts, ['ann', 'bob']).reads()).toMatchObject([
      { text: accounts.sql.readByKey, values: [['ann', 'bob']] },
    ]);
    expect(new Rows(accounts, ['ann', 'bob']).reads({ skipLocked: true })).toMatchObject([
      { text: accounts.sql.insertStubs, values: [given] },
      { text: accounts.sql.readSkipLocked, values: [given] },
    ]);
  });

  it('finds rows of several key columns by their position', () => {
    const given = '[{"sku":"bolt","warehouse":"east"}]';
    expect(new Rows(bins, ['bolt/east']).reads()).toMatchObject([{ text: bins.sql.read, values: [given] }]);
  });

  it('locks nothing of a collection that is only read', () => {
    expect(new Rows(rates, ['EUR']).reads()).toMatchObject([
      { text: rates.sql.read, values: ['[{"currency":"EUR"}]'] },
    ]);
  });

  it.each([false, true])(
    'returns a row as it is, and undefined for an absent one; skips held rows: %s',
    (skipLocked) => {
      const rows = annAndBob({ skipLocked });
      expect([rows.get('ann'), rows.get('bob')]).toEqual([ann, undefined]);
      expect(Object.isFrozen(rows.get('ann'))).toBe(true);
    },
  );

  it('throws for a missing row whose key should be locked, and returns undefined for one that is only read', () => {
    const rows = new Rows(accounts, ['ann']);
    rows.reads({ skipLocked: true });
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

  it('updates changed rows, and locks the keys that are still absent by stubs until the commit', () => {
    const rows = annAndBob();
    rows.write('ann', { ...ann, version: 4 })();
    expect(statements(rows)).toEqual([
      [accounts.sql.claimAbsent, [{ id: 'bob' }]],
      [accounts.sql.deleteStubs, [{ id: 'bob' }]],
      [accounts.sql.update(new Set()), [{ id: 'ann', version: 4 }]],
    ]);
  });

  it('inserts a new row with its values', () => {
    const rows = annAndBob();
    rows.write('bob', bob)();
    expect(statements(rows)).toEqual([[accounts.sql.insert, [stored(bob)]]]);
  });

  it('fills the stub of a new row, and deletes unused stubs', () => {
    const rows = annAndBob({ skipLocked: true });
    expect(statements(rows)).toEqual([[accounts.sql.deleteStubs, [{ id: 'bob' }]]]);
    rows.write('bob', bob)();
    expect(statements(rows)).toEqual([[accounts.sql.fillStubs, [stored(bob)]]]);
  });

  it('locks absent keys in one statement: all by stubs, when one of them stays unwritten', () => {
    const rows = new Rows(accounts, ['eve', 'bob']);
    rows.reads();
    rows.fill(accountsAre());
    rows.write('bob', bob)();
    expect(statements(rows)).toEqual([
      [accounts.sql.claimAbsent, [{ id: 'eve' }, { id: 'bob' }]],
      [accounts.sql.fillStubs, [stored(bob)]],
      [accounts.sql.deleteStubs, [{ id: 'eve' }]],
    ]);
  });

  it('checks, when nothing is committed, that absent keys are still absent', () => {
    expect(annAndBob().checks()).toMatchObject([{ text: accounts.sql.claimAbsent, values: ['[{"id":"bob"}]'] }]);
    expect(annAndBob({ skipLocked: true }).checks()).toEqual([]);
  });

  it('locks an absent key of a collection that need not lock them only by writing it', () => {
    const rows = new Rows(notes, ['a', 'b']);
    rows.fill(answer({ '#version': INT4, id: TEXT, text: TEXT }, []));
    expect([rows.get('a'), rows.writes(), rows.checks()]).toEqual([undefined, [], []]);
    rows.write('b', { id: 'b', text: 'new' })();
    expect(statements(rows)).toEqual([[notes.sql.insert, [{ id: 'b', text: 'new' }]]]);
  });

  it('writes nothing for a row that stays the same, and nothing to a collection that is only read', () => {
    const rows = new Rows(accounts, ['ann']);
    rows.fill(accountsAre({ '#key': 1, '#version': 3, ...ann }));
    rows.write('ann', rows.get('ann')!)();
    expect(statements(rows)).toEqual([]);
    const read = new Rows(rates, ['EUR']);
    read.fill(answer({ '#key': INT4, currency: TEXT, cents: INT4 }, [{ '#key': 1, currency: 'EUR', cents: 1 }]));
    expect(read.writes()).toEqual([]);
    expect(() => read.write('EUR', { currency: 'EUR', cents: 2 })).toThrow(/EUR of rates, which is only read here/);
  });

  it('sets only the columns that updates have changed so far', () => {
    const shelves = collection<{ id: string; lines: string[]; status: string; at: Date; version: number }>({
      table: 'shelves',
      key: 'id',
      columns: ['id', 'lines', 'status', 'at', 'version'],
    });
    const shelf = { id: 'a', lines: ['bolt'], status: 'new', at: NOON, version: 1 };
    const updated = (change: Partial<typeof shelf>) => {
      const rows = new Rows(shelves, ['a']);
      const types = {
        '#key': INT4,
        '#version': INT4,
        id: TEXT,
        lines: JSONB,
        status: TEXT,
        at: TIMESTAMPTZ,
        version: INT4,
      };
      rows.fill(answer(types, [{ '#key': 1, '#version': 1, ...shelf }]));
      rows.write('a', { ...rows.get('a')!, ...change })();
      return statements(rows)[0]![1][0];
    };
    expect(updated({ status: 'full', at: new Date(NOON), version: 2 })).toEqual({
      id: 'a',
      status: 'full',
      version: 2,
    });
    expect(updated({ lines: ['nut'], version: 3 })).toEqual({ id: 'a', lines: ['nut'], status: 'new', version: 3 });
    expect(updated({ version: 4 })).toEqual({ id: 'a', lines: ['bolt'], status: 'new', version: 4 });
    expect([...shelves.changing].sort()).toEqual(['lines', 'status', 'version']);
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
    const rows = new Rows(bins, ['bolt/east', 'nut/east']);
    rows.fill(
      answer({ '#key': INT4, '#version': INT4, sku: TEXT, warehouse: TEXT, onHand: INT4 }, [
        { '#key': 1, '#version': 3, sku: 'bolt', warehouse: 'east', onHand: 7 },
      ]),
    );
    for (const sku of ['bolt', 'nut']) rows.write(`${sku}/east`, { sku, warehouse: 'east', onHand: 2 })();
    expect(statements(rows)).toEqual([
      [bins.sql.insert, [{ sku: 'nut', warehouse: 'east', on_hand: 2 }]],
      [bins.sql.update(new Set(['onHand'])), [{ sku: 'bolt', warehouse: 'east', on_hand: 2 }]],
    ]);
  });

  it('with two spellings of one key changes one row, which keeps the spelling of the table', () => {
    const rows = new Rows(accounts, ['ANN', 'Ann']);
    rows.fill(accountsAre({ '#key': 1, '#version': 3, ...ann }, { '#key': 2, '#version': 3, ...ann }));
    rows.write('ANN', { ...ann, id: 'ANN', version: 4 })();
    rows.write('ANN', { ...ann, version: 5 })();
    for (const key of ['ANN', 'Ann', 'ann']) expect(rows.get(key)).toEqual({ ...ann, version: 5 });
    expect(statements(rows)).toEqual([[accounts.sql.update(new Set()), [{ id: 'ann', version: 5 }]]]);
  });

  it('with two spellings of an absent key inserts one row', () => {
    const carts = collection<{ id: string; items: number }>({ table: 'carts', key: 'id', columns: ['id', 'items'] });
    const rows = new Rows(carts, ['AB', 'ab']);
    rows.fill(answer({ '#key': INT4, '#version': INT4, id: UUID, items: INT4 }, []));
    rows.write('AB', { id: 'AB', items: 1 })();
    expect(rows.get('ab')).toEqual({ id: 'ab', items: 1 });
    expect(statements(rows)).toEqual([[carts.sql.insert, [{ id: 'ab', items: 1 }]]]);
  });
});
