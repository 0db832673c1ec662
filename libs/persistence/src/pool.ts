import pg from 'pg';
import { databaseAddress } from './tls.js';

export interface PoolOptions {
  /** Connections at most. Each unit of work uses one at a time and the relay one or two; reads share the rest. */
  max?: number;
  /** The authorities that may have issued the server's certificate, instead of those that Node.js brings. PEM; with `sslmode=verify-full` only. */
  ca?: string | undefined;
}

/** A statement of a full batch takes some 50 ms; one that takes this long is stuck: its messages are held, or charged when it is slow for one alone. */
const STATEMENT_TIMEOUT_MS = 10_000;
/** Locks are held for one batch only. Whoever waits longer waits for somebody stuck; it gives up before its statement does. */
const LOCK_TIMEOUT_MS = 5_000;
/** Frees the locks of a process that hangs inside a transaction. Longer than a sweep may publish while it holds its rows. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000;
/** The server ends a statement itself; this one notices a server that is gone without a word. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;
/** It takes a few ms between servers in one place. Who waits for a connection, a new one or one that others hold, gives up then: a unit of work tries again, a read fails. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Units of work need few, since they commit in groups; and nine services of four processes each stay below the 400 that the server of docker-compose.yml takes. */
const MAX_CONNECTIONS = 10;

/**
 * The one pool of a service, also lent to Prisma. `bigint` columns are read as numbers (amounts in cents stay far below 2^53).
 * Connections are pipelined: statements that do not wait for each other's results cost one round trip together.
 * @throws Error that names DATABASE_URL or DATABASE_CA, when the two do not go together
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
  // Without listeners a lost connection ends the process. Whoever was using it has its statements rejected; idle ones are replaced.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

const getTypeParser: typeof pg.types.getTypeParser = (type: number, format?: 'text' | 'binary') =>
  type === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(type, format as 'text');
