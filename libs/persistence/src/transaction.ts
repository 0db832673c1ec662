import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg';

export type Statement = QueryConfig;

/**
 * Locks are held for one batch only, about 50 ms, and several processes may wait for one row. A longer wait means a
 * stuck transaction. Milliseconds.
 */
const LOCK_TIMEOUT_MS = 1_000;

/** Part of the first statement of a transaction: a CTE, and what the row that the statement returns shows of it. */
export interface Claim {
  readonly cte: string;
  readonly shown: string;
  /** `$2` of both. */
  readonly value: unknown;
}

/** The row of the first statement. */
export interface Begun {
  /** Start of the transaction by the clock of the database. */
  readonly now: Date;
  /** Shown by a claim. */
  readonly claimed?: readonly string[];
}

/**
 * Begins a transaction that must use indexes: every statement here finds rows by key. A plan is made once per
 * connection, maybe while the table is still empty, and would then scan the whole table until the statistics are
 * updated. The settings are made by a function, since the server would parse `SET LOCAL` in every transaction. They
 * come before what a claim waits for.
 */
export const beginning = (lockTimeoutMs = LOCK_TIMEOUT_MS, claim?: Claim): [Statement, Statement] => [
  { text: 'BEGIN' },
  prepared(
    `${claim ? `WITH ${claim.cte} ` : ''}SELECT now() AS now, set_config('lock_timeout', $1, true),
      set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
      set_config('enable_mergejoin', 'off', true)${claim ? `, ${claim.shown}` : ''}`,
    claim ? [String(lockTimeoutMs), claim.value] : [String(lockTimeoutMs)],
  ),
];

export interface TransactionOptions {
  /** Maximum wait for a row or key that another transaction holds; then `lock_not_available`. Milliseconds. */
  lockTimeoutMs?: number;
  claim?: Claim;
}

const names = new Map<string, string>();

/** Returns a statement that each connection parses and plans once. Only for texts that do not depend on data. */
export function prepared(text: string, values: unknown[]): Statement {
  const name = names.get(text) ?? `sluice-${names.size}`;
  names.set(text, name);
  return { name, text, values };
}

/** The last statements of a transaction. Without `commit` everything is rolled back, including what the reads inserted. */
export interface Ending {
  readonly statements: readonly Statement[];
  readonly commit: boolean;
}

type Decider = (results: QueryResult[], begun: Begun) => Ending;

/**
 * Runs one transaction in two round trips: all reads, then all writes together with COMMIT. When a statement has
 * failed, the server rolls back at that COMMIT. `decide` converts the results to writes.
 *
 * @returns whether the transaction was committed
 * @throws NotConnectedError when no transaction was begun
 * @throws the error of a failed statement; after a lost connection the transaction may have been committed or not
 */
export async function transaction(
  pool: Pool,
  reads: Statement[],
  decide: Decider,
  { lockTimeoutMs, claim }: TransactionOptions = {},
): Promise<boolean> {
  const client = await connect(pool);
  let commit: boolean;
  try {
    const [, begun, ...results] = await together(client, [...beginning(lockTimeoutMs, claim), ...reads]);
    const ending = decide(results, begun!.rows[0] as Begun);
    commit = ending.commit;
    await together(client, [...ending.statements, { text: commit ? 'COMMIT' : 'ROLLBACK' }]);
  } catch (error) {
    // Results may still arrive, and the state of prepared statements is unknown: close the connection.
    client.release(true);
    throw error;
  }
  client.release();
  return commit;
}

/** @throws NotConnectedError */
export const connect = (pool: Pool): Promise<PoolClient> =>
  pool.connect().catch((cause: unknown) => {
    throw new NotConnectedError(
      `no connection to the database: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  });

/** Sends all statements before the first result arrives (the pool's connections are pipelined). */
export const together = (client: PoolClient, statements: readonly Statement[]): Promise<QueryResult[]> =>
  Promise.all(statements.map((statement) => client.query(statement)));

/** No connection was available, so no transaction was begun. The same work may be retried. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';
}
