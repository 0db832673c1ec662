import type { Provider } from '@nestjs/common';
import { tlsFailure, type MessageServer, type Publisher } from '@sluice/messaging';
import { createPool, OutboxRelay, persistenceVitals, pruneInbox, UnitOfWork } from '@sluice/persistence';
import { Pool } from 'pg';
import type { DatabaseConfig } from './environment.js';
import type { Check } from './health.js';
import { PeriodicTask } from './periodic-task.js';
import { Prisma } from './prisma.js';
import { oneLine } from './run-process.js';
import { UnitsOfWork } from './units-of-work.js';

/**
 * Interval between rounds, short enough that each round is small. The first round starts after one interval, so that
 * messages which the broker redelivers after a long outage still find their inbox entries.
 */
const PRUNE_EVERY_MS = 600_000;

/** A service's own database, with the relay that publishes the messages of its units of work. */
export interface Database {
  providers: Provider[];
  check: Check;
  vitals: typeof persistenceVitals;
  /** Starts the relay (publishes messages that a crash has left in the outbox) and the pruning of the inbox. */
  start(): void;
  /** Publishes the messages that are in flight, disconnects the Prisma client, and closes the pool. */
  close(): Promise<void>;
}

/** Where the messages of the outbox go. */
export interface Outlet {
  publisher: Publisher;
  handleHere?: MessageServer['handleHere'];
}

/** @throws Error in one line when the database does not answer or has no tables yet */
export async function openDatabase(
  {
    DATABASE_URL: url,
    DATABASE_CA: ca,
    INBOX_RETENTION_DAYS: retentionDays,
    PUBLISH_BATCHES: publishBatches,
    PREFETCH: prefetch,
  }: DatabaseConfig & { PREFETCH: number },
  { publisher, handleHere }: Outlet,
  source: string,
): Promise<Database> {
  const pool = createPool(url, { ca });
  await probe(pool, url);
  const relay = new OutboxRelay({ pool, publisher, ...(handleHere && { handleHere }) });
  const stopping = new AbortController();
  const pruning = new PeriodicTask(
    'inbox',
    PRUNE_EVERY_MS,
    async () => void (await pruneInbox(pool, { retentionDays, signal: stopping.signal })),
  );
  const prisma = new Prisma(pool);
  const shared = { pool, relay, source, publishBatches, prefetch };
  const units: UnitsOfWork = { over: (options) => new UnitOfWork({ ...shared, ...options }) };
  return {
    providers: [
      { provide: Pool, useValue: pool },
      { provide: UnitsOfWork, useValue: units },
      { provide: Prisma, useValue: prisma },
    ],
    check: { missing: 'database', ok: async () => (await pool.query('SELECT 1')).rowCount === 1 },
    vitals: persistenceVitals,
    start: () => {
      relay.start();
      pruning.start();
    },
    close: async () => {
      stopping.abort();
      await Promise.all([relay.stop(), pruning.stop()]);
      await prisma.disconnect();
      await pool.end();
    },
  };
}

async function probe(pool: Pool, url: string): Promise<void> {
  try {
    await pool.query('SELECT FROM outbox LIMIT 1');
  } catch (error) {
    await pool.end();
    const { host, pathname } = new URL(url);
    throw new Error(`the database ${pathname.slice(1)} on ${host} cannot be used: ${why(error)}`, { cause: error });
  }
}

/** Error codes of PostgreSQL: the table does not exist; no line of pg_hba.conf allows this connection. */
const UNDEFINED_TABLE = '42P01';
const INVALID_AUTHORIZATION = '28000';

function why(error: unknown): string {
  const { code, message = '' } = error as { code?: string; message?: string };
  if (code === UNDEFINED_TABLE) return 'it has no tables yet, run npm run migrate';
  if (code === INVALID_AUTHORIZATION && message.includes('no encryption'))
    return 'it takes TLS only. Add sslmode=verify-full to DATABASE_URL';
  if (message.includes('does not support SSL')) return 'it has no TLS, and DATABASE_URL asks for it by its sslmode';
  return tlsFailure(error, { url: 'DATABASE_URL', ca: 'DATABASE_CA' }) ?? oneLine(error);
}
