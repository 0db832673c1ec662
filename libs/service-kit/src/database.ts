import type { Provider } from '@nestjs/common';
import type { Publisher } from '@sluice/messaging';
import { createPool, OutboxRelay, UnitOfWork } from '@sluice/persistence';
import { Pool } from 'pg';
import type { Check } from './health.js';
import { oneLine } from './run-process.js';
import { UnitsOfWork } from './units-of-work.js';

/** A service's own database, with the relay that publishes what its units of work commit. */
export interface Database {
  providers: Provider[];
  check: Check;
  /** Publishes what a crash has left in the outbox, from now on. */
  start(): void;
  /** Publishes what is still to be published and closes the pool. */
  close(): Promise<void>;
}

/** @throws Error in one line when the database does not answer or has no tables yet */
export async function openDatabase(url: string, publisher: Publisher, source: string): Promise<Database> {
  const pool = createPool(url);
  await probe(pool, url);
  const relay = new OutboxRelay({ pool, publisher });
  const units: UnitsOfWork = { over: ({ tables }) => new UnitOfWork({ pool, relay, source, tables }) };
  return {
    providers: [{ provide: Pool, useValue: pool }, { provide: UnitsOfWork, useValue: units }],
    check: { missing: 'database', ok: async () => (await pool.query('SELECT 1')).rowCount === 1 },
    start: () => relay.start(),
    close: async () => {
      await relay.stop();
      await pool.end();
    },
  };
}

/** PostgreSQL: no such table. */
const UNDEFINED_TABLE = '42P01';

async function probe(pool: Pool, url: string): Promise<void> {
  try {
    await pool.query('SELECT FROM outbox LIMIT 1');
  } catch (error) {
    await pool.end();
    const { host, pathname } = new URL(url);
    const why = (error as { code?: string }).code === UNDEFINED_TABLE ? 'it has no tables yet, run npm run migrate' : oneLine(error);
    throw new Error(`the database ${pathname.slice(1)} on ${host} cannot be used: ${why}`, { cause: error });
  }
}
