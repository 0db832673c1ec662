import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { databaseName } from '@sluice/stack/databases/databases';
import { withClient } from '@sluice/stack/databases/query-rows';
import type pg from 'pg';

/** Tables in which orders leave rows, by service. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  orders: ['orders', 'order_history', 'customers'],
  inventory: ['reservations'],
  payments: ['payables', 'captures', 'card_failures'],
  logistics: ['parcels', 'fake_carrier_jobs'],
  notifications: ['recipients', 'texts', 'deliveries'],
  promotions: ['redemptions', 'points_earnings', 'points_balances'],
};

/** Of handled messages, in the database of each service. */
const INBOX = 'inbox';

/** By default PostgreSQL begins a checkpoint after 1 GB of WAL and every 5 minutes. */
const CHECKPOINTS_BY_COMMAND = { max_wal_size: '32GB', checkpoint_timeout: '1h' };

/**
 * Stores so many orders, and so many handled messages per service, as copies of what the system has: each copy with
 * all that the services keep of an order, its history and its customer included, under ids of its own, which are the
 * same in every database. The copies are as valid as the originals, which must be completed, with all they lead to.
 * From now on the server makes a checkpoint only when it is told to.
 * @param server URL of its administrator
 */
export async function storeOrders(server: string, count: number): Promise<void> {
  const copies = await onDatabase(server, 'orders', async (client) => {
    for (const [name, value] of Object.entries(CHECKPOINTS_BY_COMMAND))
      await client.query(`ALTER SYSTEM SET ${name} = '${value}'`);
    await client.query('SELECT pg_reload_conf()');
    await client.query('CHECKPOINT');
    return Math.ceil(count / (await countOf(client, 'orders')));
  });
  const tables = Object.entries(TABLES).flatMap(([service, names]) => names.map((table) => [service, table] as const));
  await Promise.all([
    ...tables.map(([service, table]) => onDatabase(server, service, (client) => copyRows(client, table, copies))),
    ...Object.keys(TABLES).map((service) => onDatabase(server, service, (client) => copyInbox(client, count))),
    onDatabase(server, 'inventory', (client) => issueStock(client, copies)),
  ]);
  await toDisk();
}

/** Writes what the operating system holds back, which it would otherwise do during the measurements. */
const toDisk = async (): Promise<void> => void (await promisify(execFile)('sync'));

/** @param server URL of its administrator */
export const checkpoint = (server: string): Promise<unknown> =>
  onDatabase(server, 'orders', (client) => client.query('CHECKPOINT'));

const onDatabase = <T>(server: string, service: string, work: (client: pg.Client) => Promise<T>): Promise<T> =>
  withClient(Object.assign(new URL(server), { pathname: `/${databaseName(service)}` }).href, work);

const countOf = async (client: pg.Client, table: string): Promise<number> =>
  (await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)).rows[0]!.n;

async function copyInbox(client: pg.Client, count: number): Promise<void> {
  const messages = await countOf(client, INBOX);
  if (messages > 0) await copyRows(client, INBOX, Math.ceil(count / messages));
}

/** What the copies have taken from the shelves had been received before. */
async function issueStock(client: pg.Client, copies: number): Promise<void> {
  await client.query(
    `UPDATE stock SET received = received + issued * ${copies}, issued = issued * ${copies + 1} WHERE issued > 0`,
  );
}

const COLUMNS = `SELECT column_name AS name, data_type AS type FROM information_schema.columns
  WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position`;

/** An id in a text or in JSON. */
const ID = '[0-9a-f]{8}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})';
/** Stands for the first 8 digits of an id, which are those of the copy. */
const DIGITS = '????????';
/** Number of ids by their first 8 digits: copies are spread over all of them, as ids of orders are. */
const FIRST_DIGITS = 2 ** 32;

/** Copies every row, in the order of the ids, so that the index of the key is written from one end to the other. */
async function copyRows(client: pg.Client, table: string, copies: number): Promise<void> {
  const { rows: columns } = await client.query<Column>(COLUMNS, [table]);
  const list = (sqlOf: (column: Column) => string): string => columns.map(sqlOf).join(', ');
  const names = list(({ name }) => `"${name}"`);
  await client.query(`CREATE TEMP TABLE original AS SELECT ${list(keptOf)} FROM ${table}`);
  const { rows: indexes } = await client.query<Index>(INDEXES, [table]);
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`);
  await client.query(
    `INSERT INTO ${table} (${names}) SELECT ${list(valueOf)}
      FROM (
        SELECT lpad(to_hex(n * ${Math.floor(FIRST_DIGITS / (copies + 1))}::bigint), 8, '0') AS digits
        FROM generate_series(1, ${copies}) AS n
      ) AS copy, LATERAL (SELECT * FROM original WHERE copy.digits IS NOT NULL OFFSET 0) AS one`,
  );
  for (const { definition } of indexes) await client.query(definition);
  await client.query(`VACUUM ANALYZE ${table}`);
}

/** Those that are not written from one end to the other: they are made after the rows. */
const INDEXES = `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index WHERE indrelid = $1::text::regclass AND NOT indisunique`;

interface Index {
  name: string;
  definition: string;
}

interface Column {
  name: string;
  type: string;
}

const mayHoldIds = (type: string): boolean => type === 'text' || type === 'jsonb';

/** What is kept of an original: of an id what follows its first digits; of a text or JSON with ids, it as a template. */
function keptOf({ name, type }: Column): string {
  if (type === 'uuid') return `substr("${name}"::text, 9) AS "${name}"`;
  if (!mayHoldIds(type)) return `"${name}"`;
  const template = `regexp_replace("${name}"::text, '${ID}', '${DIGITS}\\1', 'g')`;
  return `"${name}", CASE WHEN "${name}"::text ~ '${ID}' THEN ${template} END AS "${name} template"`;
}

function valueOf({ name, type }: Column): string {
  if (type === 'uuid') return `(copy.digits || one."${name}")::uuid`;
  if (!mayHoldIds(type)) return `one."${name}"`;
  return `CASE WHEN one."${name} template" IS NULL THEN one."${name}"
    ELSE replace(one."${name} template", '${DIGITS}', copy.digits)::${type} END`;
}
