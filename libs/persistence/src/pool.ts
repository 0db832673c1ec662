import pg from 'pg';
import { databaseAddress } from './tls.js';

export interface PoolOptions {
  /**
   * Maximum number of connections. Each unit of work uses one at a time, the relay one or two; reads share the rest.
   */
  max?: number;
  /** Certificate authorities to trust instead of those built into Node.js. PEM; with `sslmode=verify-full` only. */
  ca?: string | undefined;
}

/**
 * A statement of a full batch takes about 50 ms; one that takes this long is stuck. Its messages are retried without
 * counting attempts, except for a message that is slow when it runs alone: that attempt counts.
 */
const STATEMENT_TIMEOUT_MS = 10_000;
/**
 * Locks are held for one batch only, so a longer wait means a stuck transaction. Shorter than the statement timeout.
 */
const LOCK_TIMEOUT_MS = 5_000;
/** Releases the locks of a process that hangs in a transaction. Longer than a sweep may publish while it locks rows. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
/** Client-side timeout, for a server that no longer responds. A running server ends a statement itself before that. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;
/**
 * Maximum wait for a connection, new or in use by others; connecting takes a few ms within one data center. After it a
 * unit of work retries and a read fails.
 */
const CONNECT_TIMEOUT_MS = 5_000;
/**
 * Units of work need few connections, because they commit in groups. A load opens all of them, and each costs
 * PostgreSQL 4 MB. Nine services with seven processes each stay below the limit of 400 connections in
 * docker-compose.yml.
 */
const MAX_CONNECTIONS = 6;

/**
 * Creates the pool of a service, which Prisma uses too. `bigint` columns are read as numbers (amounts in cents stay far
 * below 2^53). Connections are pipelined: statements that do not depend on each other's results share one round trip.
 * @throws Error that names DATABASE_URL or DATABASE_CA, when the two contradict each other
 */
export function createPool(url: string, { max = MAX_CONNECTIONS, ca }: PoolOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    ...databaseAddress(url, ca),
    max,
    pipeline: true,
    keepAlive: true,
    types: { getTypeParser },
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // Without listeners a lost connection ends the process. Its running statements are rejected, and the pool replaces
  // it.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

const getTypeParser: typeof pg.types.getTypeParser = (type: number, format?: 'text' | 'binary') =>
  type === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(type, format as 'text');
