// @ts-nocheck
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { databaseAddress } from '@sluice/stack/databases/address';

/** SQLSTATEs, as in PostgreSQL's appendix A. */
const READ_ONLY = '25006';
const DISK_FULL = '53100';
const LOCK_NOT_AVAILABLE = '55P03';
const LOOK_FOR_ORDER_EVERY_MS = 200;
/** Under load, orders are there all the time. */
const ORDER_WITHIN_MS = 30_000;

/**
 * One connection of the administrator's, past the proxy.
 * @param {string} url @param {string} [options] of the session @returns {Promise<pg.Client>}
 */
async function connected(url, options) {
  const client = new pg.Client({ ...databaseAddress(url), ...(options && { options }) });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** @template T @param {string} url @param {(client: pg.Client) => Promise<T>} work @param {string} [options] @returns {Promise<T>} */
async function once(url, work, options) {
  const client = await connected(url, options);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** @returns {Promise<string | undefined>} the SQLSTATE with which it fails */
const failureOf = (work) =>
  work.then(
    () => undefined,
    (error) => error.code,
  );

/** The setting is read at the start of every transaction, also by sessions that were there before. */
export async function readOnly(_, { servers }) {
  const { orders } = (await servers()).databases;
  const reload = (statement) =>
    once(
      orders,
      async (client) => {
        await client.query(statement);
        await client.query('SELECT pg_reload_conf()');
      },
      '-c default_transaction_read_only=off',
    ); // else it could not put it back
  await reload('ALTER SYSTEM SET default_transaction_read_only = on');
  return {
    lift: () => reload('ALTER SYSTEM RESET default_transaction_read_only'),
    seen: async () =>
      (await failureOf(once(orders, (client) => client.query('CREATE TABLE chaos_was_here ()')))) === READ_ONLY,
  };
}

/** The small file system on which the databases are is as large as what is on it. */
export async function diskFull(_, { disk, servers }) {
  const { orders } = (await servers()).databases;
  await disk.fill();
  return {
    lift: () => disk.empty(),
    seen: async () =>
      (await failureOf(
        once(orders, (client) =>
          client.query(
            'CREATE TABLE chaos_was_here AS SELECT repeat(md5(n::text), 20) FROM generate_series(1, 100000) AS n',
          ),
        ),
      )) === DISK_FULL,
  };
}

export async function refuse({ to }, { proxies }) {
  const through = `postgresql://chaos@127.0.0.1:${proxies[to].port}/postgres`;
  proxies[to].refuse();
  return {
    lift: () => proxies[to].pass(),
    seen: () =>
      connected(through).then(
        () => false,
        (error) => !error.severity,
      ), // an error with a severity is an answer of the server
  };
}

/** Somebody's session holds the shelves of one product, and one order that its customer is about to pay. */
export async function lock({ sku }, { servers }) {
  const { inventory, orders } = (await servers()).databases;
  const shelves = ['SELECT FROM stock WHERE sku = $1 FOR UPDATE', [sku]];
  const holders = [];
  const lift = async () => {
    for (const client of holders) await client.end(); // rolls back
  };
  try {
    holders.push(await holding(inventory, ...shelves));
    holders.push(await holdingAnOrder(orders));
  } catch (error) {
    await lift();
    throw error;
  }
  return {
    lift,
    seen: async () =>
      (await failureOf(once(inventory, (client) => client.query(`${shelves[0]} NOWAIT`, shelves[1])))) ===
      LOCK_NOT_AVAILABLE,
  };
}

async function holding(url, sql, values) {
  const client = await connected(url, '-c idle_in_transaction_session_timeout=0');
  await client.query('BEGIN');
  await client.query(sql, values);
  return client;
}

async function holdingAnOrder(url) {
  const client = await connected(url, '-c idle_in_transaction_session_timeout=0');
  for (const until = Date.now() + ORDER_WITHIN_MS; Date.now() < until; await sleep(LOOK_FOR_ORDER_EVERY_MS)) {
    await client.query('BEGIN');
    const { rowCount } = await client.query(
      `SELECT FROM orders WHERE status = 'awaiting_payment' ORDER BY placed_at DESC LIMIT 1 FOR UPDATE SKIP LOCKED`,
    );
    if (rowCount === 1) return client;
    await client.query('ROLLBACK');
  }
  await client.end();
  throw new Error('no order waits for its payment');
}
