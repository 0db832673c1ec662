import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import pg from 'pg';

const MIGRATIONS = path.join(import.meta.dirname, '../../../prisma');

export interface TestDatabase {
  url: string;
  /** For looking at the tables; a service under test opens its own. */
  pool: pg.Pool;
  /** Drops the database, whoever is still connected. */
  close(): Promise<void>;
}

/** A database of its own on a server, that at DATABASE_URL if no other is named, with the tables of `service` or with those of `schemaSql`. */
export async function testDatabase(service: string, { schemaSql, server = process.env['DATABASE_URL'] }: { schemaSql?: string; server?: string | undefined } = {}): Promise<TestDatabase> {
  if (!server) throw new Error('DATABASE_URL must name a PostgreSQL server on which tests may create databases');
  const schema = schemaSql ?? (await migrationsOf(service));
  const name = `test_${service.replace(/\W/g, '_')}_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(server), { pathname: name }).href;
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => {});
  await pool.query(schema);
  return {
    url,
    pool,
    close: async () => {
      await pool.end();
      await onServer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function migrationsOf(service: string): Promise<string> {
  const folder = path.join(MIGRATIONS, service, 'migrations');
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const files = names.sort().map((name) => readFile(path.join(folder, name, 'migration.sql'), 'utf8'));
  return (await Promise.all(files)).join('\n');
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
