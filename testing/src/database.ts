import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { ownedApart } from '@sluice/stack/databases/ownership';
import pg from 'pg';

const MIGRATIONS = path.join(import.meta.dirname, '../../prisma');

export interface TestDatabase {
  /** Of the administrator, or of the role that sees this database alone. */
  url: string;
  /** For looking at the tables; a service under test opens its own. */
  pool: pg.Pool;
  /** Drops the database, whoever is still connected. */
  close(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** Instead of the tables of the service. */
  schemaSql?: string;
  /** The administrator's URL of another server than that of DATABASE_URL. */
  server?: string | undefined;
  /** Used by a role that sees no other database, and owned by another, as `npm run migrate` makes it. */
  ownRole?: boolean;
}

/** A database of its own, with the tables of `service`. */
export async function testDatabase(
  service: string,
  { schemaSql, server = process.env['DATABASE_URL'], ownRole = false }: TestDatabaseOptions = {},
): Promise<TestDatabase> {
  if (!server) throw new Error('DATABASE_URL must name a PostgreSQL server on which tests may create databases');
  const schema = schemaSql ?? (await migrationsOf(service));
  const name = `test_${service.replace(/\W/g, '_')}_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  await onServer(server, `CREATE DATABASE ${name}`, ...(ownRole ? withRoles(name, password) : []));
  const url = Object.assign(new URL(server), { pathname: name });
  const pool = new pg.Pool({ connectionString: url.href, max: 4 });
  pool.on('error', () => {});
  // The statements of `npm run migrate`.
  if (ownRole) await ownedApart(url.href, { database: name, role: name, owner: ownerOf(name) });
  await pool.query(ownRole ? `SET ROLE ${ownerOf(name)};\n${schema};\nRESET ROLE` : schema);
  if (ownRole) Object.assign(url, { username: name, password });
  return {
    url: url.href,
    pool,
    close: async () => {
      await pool.end();
      await onServer(
        server,
        `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
        ...(ownRole ? [`DROP ROLE IF EXISTS ${name}, ${ownerOf(name)}`] : []),
      );
    },
  };
}

const ownerOf = (name: string): string => `${name}_owner`;

/** As stack/src/databases/databases.ts makes them. */
const withRoles = (name: string, password: string): string[] => [
  `CREATE ROLE ${name} LOGIN PASSWORD '${password}' CONNECTION LIMIT 50`,
  `CREATE ROLE ${ownerOf(name)} NOLOGIN`,
  `GRANT ${name}, ${ownerOf(name)} TO CURRENT_USER`,
];

async function migrationsOf(service: string): Promise<string> {
  const folder = path.join(MIGRATIONS, service, 'migrations');
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const files = names.sort().map((name) => readFile(path.join(folder, name, 'migration.sql'), 'utf8'));
  return (await Promise.all(files)).join('\n');
}

async function onServer(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const sql of statements) await client.query(sql);
  } finally {
    await client.end();
  }
}
