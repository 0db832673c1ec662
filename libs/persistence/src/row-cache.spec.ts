import { describe, expect, it } from 'vitest';
import { RowCache, type CachedRow } from './row-cache.js';
import { tables } from './testing/bank.js';

const { accounts, bins } = tables;
const types = new Map([['id', 25]]);
const rows = (...keys: string[]) => ({ types, rows: new Map(keys.map((id): [string, CachedRow] => [id, rowOf(id)])) });
const rowOf = (id: string): CachedRow => ({ row: { id }, writer: '700' });

describe('the cache of rows', () => {
  it('finds the rows of a table when it has all of them', () => {
    const cache = new RowCache();
    cache.put(accounts, rows('ann', 'bob'));
    expect(cache.find(accounts, ['bob'])?.types).toBe(types);
    expect(cache.find(accounts, ['bob'])?.rows.get('bob')).toMatchObject(rowOf('bob'));
    expect(cache.find(accounts, ['ann', 'bob'])).toBeDefined();
    expect(cache.find(accounts, ['ann', 'eve'])).toBeUndefined();
    expect(cache.find(bins, ['ann'])).toBeUndefined();
  });

  it('keeps the 500 rows of a table that were put last', () => {
    const cache = new RowCache();
    cache.put(accounts, rows(...Array.from({ length: 500 }, (_, n) => `row ${n}`)));
    cache.put(accounts, rows('row 0', 'another'));
    expect(cache.find(accounts, ['row 0', 'row 2', 'row 499', 'another'])).toBeDefined();
    expect(cache.find(accounts, ['row 1'])).toBeUndefined();
  });

  it('forgets a row after 10 s', () => {
    let now = 0;
    const cache = new RowCache(() => now);
    cache.put(accounts, rows('ann', 'bob'));
    now = 5_000;
    cache.put(accounts, rows('bob'));
    now = 10_000;
    expect(cache.find(accounts, ['ann', 'bob'])).toBeDefined();
    now = 10_001;
    expect(cache.find(accounts, ['ann'])).toBeUndefined();
    expect(cache.find(accounts, ['bob'])).toBeDefined();
  });

  it('finds nothing for 10 s after a row was found to be changed, and then what was put since', () => {
    let now = 0;
    const cache = new RowCache(() => now);
    cache.put(accounts, rows('ann'));
    cache.suspend();
    cache.put(accounts, rows('bob'));
    now = 9_999;
    expect(cache.find(accounts, ['bob'])).toBeUndefined();
    now = 10_000;
    expect(cache.find(accounts, ['bob'])).toBeDefined();
    expect(cache.find(accounts, ['ann'])).toBeUndefined();
  });
});
