import { randomBytes } from 'node:crypto';
import { migrationsOf } from '@sluice/stack/databases/migrations';
import { ownedApart } from '@sluice/stack/databases/ownership';
import { withClient } from '@sluice/stack/databases/query-rows';
import pg from 'pg';

export interface TestDatabase {
  /** Of the administrator, or of the role that sees this database alone. */
  url: string;
  /** For the test's own queries; a service under test opens its own. */
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
  const schema = schemaSql ?? (await migrationsOf(service)).map(({ script }) => script).join('\n');
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

const onServer = (url: string, ...statements: string[]): Promise<void> =>
  withClient(url, async (client) => {
    for (const sql of statements) await client.query(sql);
  });
