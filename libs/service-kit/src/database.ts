import type { Provider } from '@nestjs/common';
import { tlsFailure, type Publisher } from '@sluice/messaging';
import { createPool, OutboxRelay, pruneInbox, UnitOfWork } from '@sluice/persistence';
import { Pool } from 'pg';
import type { DatabaseConfig } from './environment.js';
import type { Check } from './health.js';
import { PeriodicTask } from './periodic-task.js';
import { oneLine } from './run-process.js';
import { UnitsOfWork } from './units-of-work.js';

/**
 * Often enough that a round is short. The first comes that long after the start, so that what the broker delivers again
 * after a long outage finds its rows before they go.
 */
const PRUNE_EVERY_MS = 600_000;

/** A service's own database, with the relay that publishes what its units of work commit. */
export interface Database {
  providers: Provider[];
  check: Check;
  /** Publishes what a crash has left in the outbox, from now on, and forgets what is too old to come again. */
  start(): void;
  /** Publishes what is still to be published and closes the pool. */
  close(): Promise<void>;
}

/** @throws Error in one line when the database does not answer or has no tables yet */
export async function openDatabase(
  { DATABASE_URL: url, DATABASE_CA: ca, INBOX_RETENTION_DAYS: retentionDays }: DatabaseConfig,
  publisher: Publisher,
  source: string,
): Promise<Database> {
  const pool = createPool(url, { ca });
  await probe(pool, url);
  const relay = new OutboxRelay({ pool, publisher });
  const stopping = new AbortController();
  const pruning = new PeriodicTask(
    'inbox',
    PRUNE_EVERY_MS,
    async () => void (await pruneInbox(pool, { retentionDays, signal: stopping.signal })),
  );
  const units: UnitsOfWork = { over: ({ tables }) => new UnitOfWork({ pool, relay, source, tables }) };
  return {
    providers: [
      { provide: Pool, useValue: pool },
      { provide: UnitsOfWork, useValue: units },
    ],
    check: { missing: 'database', ok: async () => (await pool.query('SELECT 1')).rowCount === 1 },
    start: () => {
      relay.start();
      pruning.start();
    },
    close: async () => {
      stopping.abort();
      await Promise.all([relay.stop(), pruning.stop()]);
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

/** PostgreSQL's codes: no such table, and no line of pg_hba.conf that lets this one in. */
const UNDEFINED_TABLE = '42P01';
const NOT_LET_IN = '28000';

function why(error: unknown): string {
  const { code, message = '' } = error as { code?: string; message?: string };
  if (code === UNDEFINED_TABLE) return 'it has no tables yet, run npm run migrate';
  if (code === NOT_LET_IN && message.includes('no encryption'))
    return 'it takes TLS only. Add sslmode=verify-full to DATABASE_URL';
  if (message.includes('does not support SSL')) return 'it has no TLS, and DATABASE_URL asks for it by its sslmode';
  return tlsFailure(error, { url: 'DATABASE_URL', ca: 'DATABASE_CA' }) ?? oneLine(error);
}
