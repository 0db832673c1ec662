import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg';

export type Statement = QueryConfig;

/** Locks are held for one batch only, some 50 ms; several processes may stand in line for one row. Who waits longer waits for somebody stuck. Milliseconds. */
const LOCK_TIMEOUT_MS = 1_000;

/**
 * Every statement here looks rows up by their key. A plan is made once per connection, perhaps when the table is still
 * empty, and would then read it from end to end for as long as the statistics lag behind: so the index is the only way.
 */
export const begin = (lockTimeoutMs = LOCK_TIMEOUT_MS): Statement => ({
  text: `BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL lock_timeout = ${lockTimeoutMs}`,
});

export interface TransactionOptions {
  /** How long a statement waits for a row, or a key, that another transaction holds; then it fails with `lock_not_available`. Milliseconds. */
  lockTimeoutMs?: number;
}

/** Several statements in one query, which pg answers with a list of results: the time of the transaction comes last. */
const beginAt = (lockTimeoutMs?: number): Statement => ({ text: `${begin(lockTimeoutMs).text}; SELECT now() AS now` });

const names = new Map<string, string>();

/** A statement that each connection parses and plans once; every text has one name. Only for texts that do not vary with data. */
export function prepared(text: string, values: unknown[]): Statement {
  const name = names.get(text) ?? `sluice-${names.size}`;
  names.set(text, name);
  return { name, text, values };
}

type Decider = (results: QueryResult[], now: Date) => Statement[] | undefined;

/**
 * One transaction in two round trips: everything that is read travels at once, then everything that is written together
 * with the COMMIT. A statement that fails makes the server answer that COMMIT with a rollback.
 * `decide` turns the results into writes; undefined means that nothing is to be kept, not even what the reads inserted.
 * Its `now` is when the transaction began by the clock of the database, the same for every process that uses it.
 *
 * @throws NotConnectedError when no transaction was begun
 * @throws what a statement fails with; after a lost connection it is unknown whether the transaction was committed
 */
export async function transaction(
  pool: Pool,
  reads: Statement[],
  decide: Decider,
  { lockTimeoutMs }: TransactionOptions = {},
): Promise<void> {
  const client = await connect(pool);
  try {
    const [begun, ...results] = await together(client, [beginAt(lockTimeoutMs), ...reads]);
    const writes = decide(results, timeOf(begun));
    await together(client, writes ? [...writes, { text: 'COMMIT' }] : [{ text: 'ROLLBACK' }]);
  } catch (error) {
    // Answers may still be on their way, and prepared statements in doubt: a new connection costs less than finding out.
    client.release(true);
    throw error;
  }
  client.release();
}

const timeOf = (begun: unknown): Date => (begun as QueryResult<{ now: Date }>[]).at(-1)!.rows[0]!.now;

/** @throws NotConnectedError */
export const connect = (pool: Pool): Promise<PoolClient> =>
  pool.connect().catch((cause: unknown) => {
    throw new NotConnectedError(
      `no connection to the database: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  });

/** Sends all statements before it waits for the first answer (the pool's connections are pipelined). */
export const together = (client: PoolClient, statements: Statement[]): Promise<QueryResult[]> =>
  Promise.all(statements.map((statement) => client.query(statement)));

/** No connection could be had, so nothing was begun: the same work may be tried again as it is. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';
}
