import { isDatabaseFault } from '@sluice/messaging';
import { freePort, testDatabase, type TestDatabase } from '@sluice/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let database: TestDatabase;
beforeAll(
  async () => void (database = await testDatabase('probe', { schemaSql: 'CREATE TABLE shelves (id int PRIMARY KEY)' })),
);
afterAll(() => database.close());

/** Returns the error of a statement on its own connection, while `meanwhile` runs. */
async function thrown(
  sql: string,
  config: pg.PoolConfig = {},
  meanwhile?: (pool: pg.Pool, pid: number) => Promise<unknown>,
): Promise<unknown> {
  const pool = new pg.Pool({ connectionString: database.url, max: 1, ...config });
  pool.on('error', () => undefined);
  try {
    const pid = meanwhile && (await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid;
    const failing = pool.query(sql).then(
      () => undefined,
      (error: unknown) => error,
    );
    await meanwhile?.(pool, pid!);
    return await failing;
  } finally {
    await pool.end();
  }
}

const kill = (_: pg.Pool, pid: number) => database.pool.query('SELECT pg_terminate_backend($1)', [pid]);

describe('a database', () => {
  it('that does not respond, ends a connection, or times out is unavailable', async () => {
    const faults = await Promise.all([
      thrown('SELECT 1', { connectionString: `postgresql://nobody@127.0.0.1:${await freePort()}/nothing` }),
      thrown('SELECT pg_sleep(60)', {}, kill),
      thrown('SELECT pg_sleep(60)', { statement_timeout: 50 }),
      thrown('SELECT pg_sleep(60)', { query_timeout: 50, statement_timeout: 1_000 }),
    ]);
    expect(faults.map(isDatabaseFault), faults.map(String).join('\n')).toEqual([true, true, true, true]);
  });

  it('whose connections are all in use is unavailable', async () => {
    // The limit also holds for the first connection: a busy machine needs some time to open it.
    const pool = new pg.Pool({ connectionString: database.url, max: 1, connectionTimeoutMillis: 1_000 });
    const held = await pool.connect();
    const fault = await pool.query('SELECT 1').catch((error: unknown) => error);
    held.release();
    await pool.end();
    expect(isDatabaseFault(fault), String(fault)).toBe(true);
  });

  it('that refuses a wrong statement is available', async () => {
    const faults = await Promise.all([
      thrown('SELECT nonsense'),
      thrown('INSERT INTO shelves VALUES (1), (1)'),
      thrown('SELECT * FROM nowhere'),
    ]);
    expect(faults.map(isDatabaseFault)).toEqual([false, false, false]);
    expect([undefined, null, 'text', new Error('away')].map(isDatabaseFault)).toEqual([false, false, false, false]);
  });
});

describe('Prisma', () => {
  const prisma = (code: string, cause: object) =>
    Object.assign(new Error('Invalid invocation'), {
      code,
      meta: { driverAdapterError: { name: 'DriverAdapterError', cause } },
    });

  it.each([
    ['a server that is gone', prisma('P2010', { kind: 'DatabaseNotReachable' }), true],
    ['a statement that was cancelled', prisma('P2010', { kind: 'postgres', originalCode: '57014' }), true],
    ['a table that is not there', prisma('P2021', { kind: 'TableDoesNotExist', originalCode: '42P01' }), false],
    ['a value that is taken', prisma('P2002', { kind: 'UniqueConstraintViolation', originalCode: '23505' }), false],
  ])('says of %s', (_, error, away) => expect(isDatabaseFault(error)).toBe(away));
});
