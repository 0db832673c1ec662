import { describe, expect, it } from 'vitest';
import { collection, keyColumns, keyOf } from './collection.js';

interface Bin {
  sku: string;
  warehouse: string;
  onHand: number;
}

const bins = collection<Bin>({ table: 'bins', key: ['sku', 'warehouse'], columns: ['sku', 'warehouse', 'onHand'] });
const orders = collection<{ id: string; version: number }>({ table: 'orders', key: 'id', columns: ['id', 'version'] });

describe('a key', () => {
  it('joins its columns by a slash, and is taken apart again', () => {
    expect(keyOf(bins, { sku: 'bolt', warehouse: 'east', onHand: 1 })).toBe('bolt/east');
    expect(keyColumns(bins, 'bolt/east')).toEqual({ sku: 'bolt', warehouse: 'east' });
  });

  it('of one column may contain a slash', () => {
    expect(keyColumns(orders, 'a/b')).toEqual({ id: 'a/b' });
  });

  it.each(['bolt', 'bolt/east/1'])('needs one part per column: %s', (value) => {
    expect(() => keyColumns(bins, value)).toThrow(`a key of bins is sku/warehouse, not ${value}`);
  });

  it('consists of columns of its table', () => {
    const columns = ['onHand'] as const;
    expect(() => collection<Bin>({ table: 'bins', key: ['sku', 'onHand', 'warehouse'], columns })).toThrow(
      'the columns of bins lack its key sku, warehouse',
    );
  });
});

describe('the statements', () => {
  it('lock unless the collection is only read', () => {
    const rates = collection<Bin>({
      table: 'bins',
      key: ['sku', 'warehouse'],
      columns: ['sku', 'warehouse', 'onHand'],
      lock: false,
    });
    expect([bins.lock, rates.lock]).toEqual([true, false]);
    expect(bins.sql.read).toMatch(/ ORDER BY t\."sku", t\."warehouse" FOR NO KEY UPDATE OF t$/);
    expect(bins.sql.read).toContain('SELECT k.ordinality::int AS "#key", t.version AS "#version", t."sku" AS "sku"');
    expect(orders.sql.readByKey).toMatch(/ WHERE t\."id" = ANY\(\$1\) ORDER BY t\."id" FOR NO KEY UPDATE OF t$/);
    expect([bins.sql.readByKey, rates.sql.readByKey]).toEqual([undefined, undefined]);
    expect(rates.sql.read).toMatch(/ON t\."sku" = k\."sku" AND t\."warehouse" = k\."warehouse"$/);
    expect(rates.sql.read).not.toContain('#version');
  });

  it('never write a key, and count the version where the rule does not', () => {
    expect(bins.sql.fillStubs).toContain('SET "on_hand" = v."on_hand", version = t.version + 1 FROM');
    expect(bins.sql.update(new Set())).toContain('SET version = t.version + 1 FROM');
    expect(bins.sql.insert).toContain(
      '("sku", "warehouse", "on_hand", version) SELECT "sku", "warehouse", "on_hand", 1 ',
    );
    expect(orders.sql.update(new Set())).toContain('SET "version" = v."version" FROM');
    expect(orders.sql.insert).toContain('("id", "version") SELECT "id", "version" FROM');
  });
});
