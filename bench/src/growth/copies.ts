import { ensureDatabases } from '@sluice/stack/databases/databases';
import { runningPostgresUrl } from '@sluice/stack/postgres/postgres';
import type { StateDirectory } from '@sluice/stack/state-directory';
import pg from 'pg';

const COLUMNS = `SELECT column_name AS name FROM information_schema.columns
  WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position`;

/** Tables of the service orders, each with what its copies are made of. */
const TABLES = { orders: "WHERE status = 'completed'", inbox: '' };

/** Rows that are copied, of as many customers. */
const ORIGINALS = 100;

/** Stores so many copies of completed orders, and of handled messages, under new ids. */
export async function storeCopies(stateDirectory: StateDirectory, count: number): Promise<void> {
  const server = (await runningPostgresUrl(stateDirectory)) ?? '';
  const { orders = '' } = await ensureDatabases(server, ['orders'], stateDirectory);
  const administrator = Object.assign(new URL(server), { pathname: new URL(orders).pathname });
  const client = new pg.Client({ connectionString: administrator.href });
  await client.connect();
  try {
    for (const [table, condition] of Object.entries(TABLES)) await copyRows(client, { table, condition, count });
  } finally {
    await client.end();
  }
}

interface Copies {
  table: string;
  condition: string;
  count: number;
}

async function copyRows(client: pg.Client, { table, condition, count }: Copies): Promise<void> {
  const { rows } = await client.query<{ name: string }>(COLUMNS, [table]);
  const names = rows.map(({ name }) => name);
  const values = names.map((name) => (name === 'id' ? 'gen_random_uuid()' : `one.${name}`));
  await client.query(
    `INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')}
      FROM (SELECT * FROM ${table} ${condition} LIMIT ${ORIGINALS}) one, generate_series(1, ${count / ORIGINALS})`,
  );
  await client.query(`VACUUM ANALYZE ${table}`);
}
