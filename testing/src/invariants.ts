import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { testDatabase, type TestDatabase } from './database.js';
import { dropConstraints } from './drop-constraints.js';

export interface InvariantsOf<Invariant> {
  service: string;
  invariants: readonly Invariant[];
  /** The service's own query: the ids that break an invariant. */
  broken(pool: Pool, invariant: Invariant, limit: number): Promise<string[]>;
  /** The tables that the SQL below fills, as TRUNCATE takes them. */
  tables: string;
  /** Fills them with rows that are correct, also with those that look odd. */
  sound: string;
  /** By invariant: the row that breaks it, and the SQL that makes it. */
  breaks: Record<string, [id: string, sql: string]>;
}

/** The n-th id of a test's rows, 0 to 9. */
export const uuid = (n: number): string => `00000000-0000-7000-8000-00000000000${n}`;

/** Two promises, on the service's tables without constraints: correct rows are not reported, each break is. */
export function itNamesWhatBreaks<Invariant extends { name: string }>({
  service,
  invariants,
  broken,
  tables,
  sound,
  breaks,
}: InvariantsOf<Invariant>): void {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase(service);
    await dropConstraints(database);
  });
  afterAll(() => database.close());
  afterEach(() => database.pool.query(`TRUNCATE ${tables}`));
  const found = async () =>
    Object.fromEntries(
      await Promise.all(invariants.map(async (one) => [one.name, await broken(database.pool, one, 10)] as const)),
    );

  it('holds where everything is in order', async () => {
    await database.pool.query(sound);
    expect(await found()).toEqual(Object.fromEntries(invariants.map(({ name }) => [name, []])));
  });

  it.each(invariants.map(({ name }) => name))('%s: names what breaks it', async (name) => {
    await database.pool.query(sound);
    const [id, sql] = breaks[name]!;
    await database.pool.query(sql);
    expect((await found())[name]).toEqual([id]);
  });
}
