import { testDatabase, type TestDatabase } from '@sluice/testing';
import { register } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { broken, readOnly, watchInvariants, type Invariant } from './invariants.js';

let database: TestDatabase;
beforeAll(
  async () =>
    void (database = await testDatabase('probe', {
      schemaSql: 'CREATE TABLE shelves (id text PRIMARY KEY, pieces int)',
    })),
);
afterAll(() => database.close());

const NONE_NEGATIVE: Invariant = { name: 'none_negative', sql: 'SELECT id FROM shelves WHERE pieces < 0' };
const SLOW: Invariant = { name: 'slow', sql: 'SELECT 1 AS id FROM pg_sleep(60)' };

let end: (() => void) | undefined;
afterEach(() => end?.());

async function values(name: string): Promise<Record<string, number>> {
  const { values } = await register.getSingleMetric(name)!.get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels['invariant'], value]));
}

describe('an invariant', () => {
  it('reports nothing when it holds; its violations are counted under its name', async () => {
    await database.pool.query("INSERT INTO shelves VALUES ('a', 1), ('b', 0)");
    end = watchInvariants(database.pool, [NONE_NEGATIVE]);
    expect(await values('sluice_invariant_violations')).toEqual({ none_negative: 0 });
    end();
    await database.pool.query("INSERT INTO shelves VALUES ('c', -1), ('d', -2)");
    end = watchInvariants(database.pool, [NONE_NEGATIVE]);
    expect(await values('sluice_invariant_violations')).toEqual({ none_negative: 2 });
    expect((await broken(database.pool, NONE_NEGATIVE, 10)).sort()).toEqual(['c', 'd']);
    expect(await broken(database.pool, NONE_NEGATIVE, 1)).toHaveLength(1);
  });

  it('does not block others: a check that takes too long is counted, and the others run', async () => {
    end = watchInvariants(database.pool, [
      SLOW,
      { name: 'wrong', sql: 'SELECT id FROM nowhere' },
      { name: 'holds', sql: 'SELECT id FROM shelves WHERE false' },
    ]);
    expect(await values('sluice_invariant_violations')).toEqual({ holds: 0 });
    expect(await values('sluice_invariant_checks_failed_total')).toMatchObject({ slow: 1, wrong: 1 });
  });

  it('is checked without changing anything', async () => {
    await expect(readOnly(database.pool, "INSERT INTO shelves VALUES ('z', 1)")).rejects.toThrow('read-only');
    expect(await readOnly(database.pool, "SELECT id FROM shelves WHERE id = 'z'")).toEqual([]);
  });
});
