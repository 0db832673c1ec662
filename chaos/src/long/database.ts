import pg from 'pg';
import { databaseAddress } from '@sluice/stack/databases/address';
import { queryRows } from '@sluice/stack/databases/query-rows';
import { codeOf } from '@sluice/stack/errors';
import { until } from '@sluice/stack/until';
import { required, type Begin } from '../active-fault.js';
import type { SystemUnderTest } from '../system.js';

/** SQLSTATEs, as in PostgreSQL's appendix A. */
const READ_ONLY = '25006';
const DISK_FULL = '53100';
const LOCK_NOT_AVAILABLE = '55P03';
const POLL_MS = 200;
/** Under load, orders are there all the time. */
const ORDER_WITHIN_MS = 30_000;

/** The administrator's URL, past the proxy. */
const databaseOf = async ({ servers }: SystemUnderTest, service: string): Promise<string> =>
  required((await servers()).databases[service], `database of ${service}`);

const failsWith = (code: string, query: Promise<unknown>): Promise<boolean> =>
  query.then(
    () => false,
    (error: unknown) => codeOf(error) === code,
  );

/** The setting is read at the start of every transaction, also by sessions that were there before. */
export const readOnly: Begin<'read-only'> = async (_, system) => {
  const url = await databaseOf(system, 'orders');
  const writable = new URL(url); // else the setting could not be reset
  writable.searchParams.set('options', '-c default_transaction_read_only=off');
  const reload = async (statement: string): Promise<void> => {
    for (const sql of [statement, 'SELECT pg_reload_conf()']) await queryRows(writable.href, sql);
  };
  await reload('ALTER SYSTEM SET default_transaction_read_only = on');
  return {
    end: () => reload('ALTER SYSTEM RESET default_transaction_read_only'),
    observe: () => failsWith(READ_ONLY, queryRows(url, 'CREATE TABLE chaos_was_here ()')),
  };
};

/** The small file system that holds the databases is as large as what is on it. */
export const diskFull: Begin<'disk-full'> = async (_, system) => {
  const url = await databaseOf(system, 'orders');
  const disk = required(system.disk, 'small disk');
  await disk.fill();
  const tooMuch = 'SELECT repeat(md5(n::text), 20) FROM generate_series(1, 100000) AS n';
  return {
    end: () => disk.empty(),
    observe: () => failsWith(DISK_FULL, queryRows(url, `CREATE TABLE chaos_was_here AS ${tooMuch}`)),
  };
};

export const refuse: Begin<'refuse'> = async ({ to }, { proxies }) => {
  const through = `postgresql://chaos@127.0.0.1:${proxies[to].port}/postgres`;
  proxies[to].refuse();
  return {
    end: () => proxies[to].pass(),
    observe: () =>
      queryRows(through, 'SELECT 1').then(
        () => false,
        (error: object) => !('severity' in error), // an error with a severity is an answer of the server
      ),
  };
};

/** A foreign session locks the shelves of one product, and one order that its customer is about to pay. */
export const lock: Begin<'lock'> = async ({ sku }, system) => {
  const [inventory, orders] = [await databaseOf(system, 'inventory'), await databaseOf(system, 'orders')];
  const shelves = `SELECT FROM stock WHERE sku = '${sku}' FOR UPDATE`;
  const sessions: pg.Client[] = [];
  const end = async (): Promise<void> => {
    for (const session of sessions) await session.end(); // rolls back
  };
  const lockRow = async (url: string, sql: string): Promise<boolean> => {
    const session = new pg.Client({ ...databaseAddress(url), options: '-c idle_in_transaction_session_timeout=0' });
    session.on('error', () => {});
    sessions.push(session);
    await session.connect();
    const found = await until(
      async () => {
        await session.query('BEGIN');
        const { rowCount } = await session.query(sql);
        if (rowCount) return true;
        await session.query('ROLLBACK');
        return false;
      },
      { withinMs: ORDER_WITHIN_MS, everyMs: POLL_MS },
    );
    return found ?? false;
  };
  try {
    if (!(await lockRow(inventory, shelves))) throw new Error(`there is no shelf of ${sku}`);
    if (!(await lockRow(orders, ORDER_TO_BE_PAID))) throw new Error('no order waits for its payment');
  } catch (error) {
    await end();
    throw error;
  }
  return { end, observe: () => failsWith(LOCK_NOT_AVAILABLE, queryRows(inventory, `${shelves} NOWAIT`)) };
};

const ORDER_TO_BE_PAID = `SELECT FROM orders WHERE status = 'awaiting_payment' ORDER BY placed_at DESC LIMIT 1 FOR UPDATE SKIP LOCKED`;
