import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { databaseAddress } from '@sluice/stack/databases/address';
import { databaseName, ensureDatabases, migrationUrls, ownerName } from '@sluice/stack/databases/databases';
import { queryRows } from '@sluice/stack/databases/query-rows';
import { codeOf, messageOf } from '@sluice/stack/errors';
import { StateDirectory } from '@sluice/stack/state-directory';
import { databaseServices, inRoot } from '@sluice/stack/workspace';
import pg from 'pg';
import { forbidden, type Attempt } from './attempt.js';

/** SQLSTATE insufficient_privilege, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const INSUFFICIENT_PRIVILEGE = '42501';

/** The role of one service, in databases that are called like the services' with a prefix. */
interface Role {
  readonly user: string;
  readonly name: string;
  /** By name, the databases of all roles. */
  readonly urls: Readonly<Record<string, string>>;
}

/**
 * Every service's role tries to connect to every database, to read and write the rows of its own, to change its
 * tables, and to become another. In databases of its own, created and migrated as `npm run migrate` does it.
 * @param ours a server that we started, whose own databases are closed too
 */
export async function databaseRights(adminUrl: string, { ours }: { ours: boolean }): Promise<Attempt[]> {
  const mark = randomBytes(4).toString('hex');
  const services = new Map(databaseServices().map((service) => [`rights-${mark}-${service}`, service]));
  const stateDirectory = new StateDirectory(mkdtempSync(path.join(tmpdir(), 'sluice-rights-')));
  try {
    const urls: Record<string, string> = await ensureDatabases(adminUrl, [...services.keys()], stateDirectory);
    const owners: Record<string, string> = await migrationUrls(adminUrl, [...services.keys()]);
    await Promise.all([...services].map(([name, service]) => queryRows(owners[name] ?? '', migrationsOf(service))));
    const others = ours ? ['postgres', 'template1'] : [];
    const attempts = await Promise.all(
      [...services].map(([name, service]) => attemptAll({ user: `the role of ${service}`, name, urls }, others)),
    );
    return attempts.flat();
  } finally {
    for (const name of services.keys()) await removeDatabase(adminUrl, name);
    rmSync(stateDirectory.dir, { recursive: true });
  }
}

function migrationsOf(service: string): string {
  const folder = inRoot('prisma', service, 'migrations');
  const migrations = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const names = migrations.map(({ name }) => name).sort();
  return names.map((name) => readFileSync(path.join(folder, name, 'migration.sql'), 'utf8')).join('\n');
}

async function removeDatabase(adminUrl: string, name: string): Promise<void> {
  await queryRows(adminUrl, `DROP DATABASE IF EXISTS ${databaseName(name)} WITH (FORCE)`);
  await queryRows(adminUrl, `DROP ROLE IF EXISTS ${databaseName(name)}, ${ownerName(name)}`);
}

async function attemptAll(role: Role, otherDatabases: readonly string[]): Promise<Attempt[]> {
  const foreign = Object.keys(role.urls).filter((name) => name !== role.name);
  const connects = [...foreign.map(databaseName), ...otherDatabases].map((database) => connectAttempt(role, database));
  const client = await connected(urlOf(role));
  try {
    return [...(await Promise.all(connects)), ...(await statementAttempts(role, client))];
  } finally {
    await client.end();
  }
}

const urlOf = ({ urls, name }: Role): string => urls[name] ?? '';

async function connectAttempt(role: Role, database: string): Promise<Attempt> {
  const url = Object.assign(new URL(urlOf(role)), { pathname: database }).href;
  const refusal = await refusalOf(async () => (await connected(url)).end());
  const way = 'connect to another database';
  return { user: role.user, what: withoutMark(database), way, ...forbidden(refusal, 'it is done') };
}

async function statementAttempts(role: Role, client: pg.Client): Promise<Attempt[]> {
  const { user } = role;
  const attempts: Attempt[] = [];
  const { rows: tables } = await client.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
  );
  for (const { name: what } of tables)
    for (const [way, sql] of rowStatements(what)) {
      const why = await refusalOfStatement(client, sql);
      attempts.push({ user, what, way, outcome: why === undefined ? 'allowed' : 'BROKEN', why });
    }
  const forbiddenStatements = [
    ...tables.flatMap(({ name }) => tableStatements(name).map((sql) => ['change a table', sql] as const)),
    ...roleStatements(role).map((sql) => ['make something, or become another', sql] as const),
  ];
  for (const [way, sql] of forbiddenStatements) {
    const refusal = await refusalOfStatement(client, sql);
    attempts.push({ user, what: withoutMark(sql), way, ...forbidden(refusal, 'it is done') });
  }
  return attempts;
}

/** Without the mark of this run. */
const withoutMark = (text: string): string => text.replace(/rights_[0-9a-f]{8}_/g, '');

/** None changes a row: the right is checked all the same. */
const rowStatements = (table: string): (readonly [way: string, sql: string])[] => [
  ['read its rows', `SELECT * FROM ${table} LIMIT 1`],
  ['write its rows', `INSERT INTO ${table} SELECT * FROM ${table} WHERE false`],
  ['write its rows', `DELETE FROM ${table} WHERE false`],
];

const tableStatements = (table: string): string[] => [
  `ALTER TABLE ${table} ADD COLUMN more int`,
  `DROP TABLE ${table}`,
  `TRUNCATE ${table}`,
  `CREATE TRIGGER more BEFORE INSERT ON ${table} EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
];

const roleStatements = ({ name, urls }: Role): string[] => [
  'CREATE TABLE more (one int)',
  'CREATE TEMP TABLE more (one int)',
  'CREATE SCHEMA more',
  'CREATE FUNCTION more() RETURNS int LANGUAGE sql AS $$SELECT 1$$',
  'CREATE DATABASE more',
  'CREATE ROLE more',
  "COPY (SELECT 1) TO PROGRAM 'true'",
  "SELECT pg_read_file('PG_VERSION')",
  'CREATE EXTENSION dblink',
  `ALTER ROLE ${databaseName(name)} SUPERUSER`,
  `ALTER ROLE ${databaseName(name)} CONNECTION LIMIT -1`,
  ...Object.keys(urls).flatMap((one) => [
    `SET ROLE ${ownerName(one)}`,
    ...(one === name ? [] : [`SET ROLE ${databaseName(one)}`]),
  ]),
];

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client(databaseAddress(url));
  await client.connect();
  return client;
}

/** The server's refusal; what it allows is rolled back. */
async function refusalOfStatement(client: pg.Client, sql: string): Promise<string | undefined> {
  const inTransaction = sql.startsWith('CREATE DATABASE') ? sql : `BEGIN; ${sql}`; // the former takes no transaction
  try {
    return await refusalOf(() => client.query(inTransaction));
  } finally {
    await client.query('ROLLBACK');
  }
}

/** @throws Error that is about no right */
async function refusalOf(operation: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await operation();
    return undefined;
  } catch (error) {
    if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    return messageOf(error);
  }
}
