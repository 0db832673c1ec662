// @ts-nocheck
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { databaseAddress } from '@sluice/stack/databases/address';
import { databaseName, ensureDatabases, migrationUrls, ownerName } from '@sluice/stack/databases/databases';
import { StateDirectory } from '@sluice/stack/state-directory';
import { queryRows } from '@sluice/stack/databases/query-rows';
import { databaseServices, inRoot } from '@sluice/stack/workspace';

/** SQLSTATE insufficient_privilege, https://www.postgresql.org/docs/current/errcodes-appendix.html */
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Every service's role tries to connect to every database, to read and write the rows of its own, to change its
 * tables, and to become another. In databases of its own, made and migrated as `npm run migrate` does it.
 * @param {string} adminUrl
 * @param {{ ours: boolean }} options ours: a server that we started, whose own databases are closed too
 * @returns {Promise<import('./broker.js').Tried[]>}
 */
export async function databaseRights(adminUrl, { ours }) {
  const mark = randomBytes(4).toString('hex');
  const services = new Map(databaseServices().map((service) => [`rights-${mark}-${service}`, service]));
  const stateDirectory = new StateDirectory(mkdtempSync(path.join(tmpdir(), 'sluice-rights-')));
  try {
    const urls = await ensureDatabases(adminUrl, [...services.keys()], stateDirectory);
    const owners = await migrationUrls(adminUrl, [...services.keys()]);
    await Promise.all([...services].map(([name, service]) => queryRows(owners[name], migrationsOf(service))));
    const tried = await Promise.all(
      [...services].map(([name, service]) =>
        tryRole({ name, service, urls, others: ours ? ['postgres', 'template1'] : [] }),
      ),
    );
    return tried.flat();
  } finally {
    for (const name of services.keys()) await removeDatabase(adminUrl, name);
    rmSync(stateDirectory.dir, { recursive: true });
  }
}

function migrationsOf(service) {
  const folder = inRoot('prisma', service, 'migrations');
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  return names
    .sort()
    .map((name) => readFileSync(path.join(folder, name, 'migration.sql'), 'utf8'))
    .join('\n');
}

async function removeDatabase(adminUrl, name) {
  await queryRows(adminUrl, `DROP DATABASE IF EXISTS ${databaseName(name)} WITH (FORCE)`);
  await queryRows(adminUrl, `DROP ROLE IF EXISTS ${databaseName(name)}, ${ownerName(name)}`);
}

async function tryRole({ name, service, urls, others }) {
  const user = `the role of ${service}`;
  const foreign = [
    ...Object.keys(urls)
      .filter((one) => one !== name)
      .map(databaseName),
    ...others,
  ];
  const connects = await Promise.all(
    foreign.map(async (database) => ({
      user,
      what: named(database),
      way: 'connect to another database',
      ...forbidden(await connecting(urls[name], database)),
    })),
  );
  const client = await connected(urls[name]);
  try {
    const own = [];
    const { rows: tables } = await client.query(
      "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
    );
    for (const { name: table } of tables)
      for (const [way, sql] of rowStatements(table))
        own.push({ user, what: table, way, ...needed(await refusalOf(client, sql)) });
    for (const { name: table } of tables)
      for (const sql of tableStatements(table))
        own.push({ user, what: sql, way: 'change a table', ...forbidden(await refusalOf(client, sql)) });
    for (const sql of roleStatements(name, urls))
      own.push({
        user,
        what: named(sql),
        way: 'make something, or become another',
        ...forbidden(await refusalOf(client, sql)),
      });
    return [...connects, ...own];
  } finally {
    await client.end();
  }
}

/** Without the mark of this run. */
const named = (text) => text.replace(/rights_[0-9a-f]{8}_/g, '');

/** None changes a row: the right is checked all the same. */
const rowStatements = (table) => [
  ['read its rows', `SELECT * FROM ${table} LIMIT 1`],
  ['write its rows', `INSERT INTO ${table} SELECT * FROM ${table} WHERE false`],
  ['write its rows', `DELETE FROM ${table} WHERE false`],
];

const tableStatements = (table) => [
  `ALTER TABLE ${table} ADD COLUMN more int`,
  `DROP TABLE ${table}`,
  `TRUNCATE ${table}`,
  `CREATE TRIGGER more BEFORE INSERT ON ${table} EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
];

const roleStatements = (name, urls) => [
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

async function connected(url) {
  const client = new pg.Client(databaseAddress(url));
  await client.connect();
  return client;
}

async function connecting(url, database) {
  try {
    await (await connected(Object.assign(new URL(url), { pathname: database }).href)).end();
    return undefined;
  } catch (error) {
    return refusal(error);
  }
}

/** @returns {Promise<string | undefined>} what the server says; what it does not refuse is taken back */
async function refusalOf(client, sql) {
  const alone = /^CREATE DATABASE/.test(sql); // takes no transaction
  try {
    await client.query(alone ? sql : `BEGIN; ${sql}`);
    return undefined;
  } catch (error) {
    return refusal(error);
  } finally {
    await client.query('ROLLBACK');
  }
}

/** @throws Error that says nothing about a right */
function refusal(error) {
  if (error.code !== INSUFFICIENT_PRIVILEGE) throw error;
  return error.message;
}

const forbidden = (why) => (why === undefined ? { outcome: 'FORGED', why: 'it is done' } : { outcome: 'refused', why });
const needed = (why) => (why === undefined ? { outcome: 'allowed' } : { outcome: 'BROKEN', why });
