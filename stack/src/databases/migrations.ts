import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { codeOf, messageOf } from '../errors.js';
import { Failure } from '../failure.js';
import { root } from '../workspace.js';
import { databaseName } from './databases.js';
import { closeHistory } from './ownership.js';
import { queryRows, withClient } from './query-rows.js';

export interface Migration {
  /** Of its folder; migrations are applied in the order of their names. */
  name: string;
  script: string;
}

/** @param checkout ours, or another version's */
export const migrationsFolder = (service: string, checkout: string = root): string =>
  path.join(checkout, 'prisma', service, 'migrations');

export async function migrationsOf(service: string, checkout?: string): Promise<Migration[]> {
  const folder = migrationsFolder(service, checkout);
  const entries = existsSync(folder) ? await readdir(folder, { withFileTypes: true }) : [];
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names
      .sort()
      .map(async (name) => ({ name, script: await readFile(path.join(folder, name, 'migration.sql'), 'utf8') })),
  );
}

/** Applies the migrations that the database lacks. @returns their names @throws {Failure} naming the one that fails */
export async function deploy(
  service: string,
  { url, checkout }: { url: string; checkout?: string | undefined },
): Promise<string[]> {
  try {
    const applied = await applyMigrations(url, await migrationsOf(service, checkout));
    if (applied.length > 0) await queryRows(url, closeHistory(databaseName(service)));
    return applied;
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    throw new Failure(
      `the migrations of ${service} do not go through`,
      `See npm run migrate -- status ${service}; npm run reset begins anew, without the data.`,
      error.message,
    );
  }
}

/** Why no migration is applied, or no further one. */
export class MigrationError extends Error {}

/** A row of `_prisma_migrations`, the table of Prisma's own commands. */
interface HistoryRow {
  migration_name: string;
  checksum: string;
  started_at: Date;
  finished_at: Date | null;
  logs: string | null;
}

/**
 * Applies migrations as `prisma migrate deploy` does, with the same table and checksums, without loading its engine.
 * @param url as the owner of the database @returns the names of those that were applied now
 */
export const applyMigrations = (url: string, migrations: Migration[]): Promise<string[]> =>
  withClient(url, async (client) => {
    await lock(client);
    const history = (await historyOf(client)) ?? (await createHistory(client));
    if (isUpToDate(migrations, history)) return [];
    refuseUnfinished(history);
    const applied = new Set(history.map((row) => row.migration_name));
    const missing = migrations.filter(({ name }) => !applied.has(name));
    for (const migration of missing) await apply(client, migration);
    return missing.map(({ name }) => name);
  });

/** Whether every migration is applied as it is written. @param url as the owner of the database */
export const isDeployed = (url: string, migrations: Migration[]): Promise<boolean> =>
  withClient(url, async (client) => isUpToDate(migrations, (await historyOf(client)) ?? []));

function isUpToDate(migrations: Migration[], history: HistoryRow[]): boolean {
  const applied = new Map(history.filter((row) => row.finished_at).map((row) => [row.migration_name, row.checksum]));
  return migrations.every((migration) => applied.get(migration.name) === checksumOf(migration));
}

const checksumOf = ({ script }: Migration): string => createHash('sha256').update(script).digest('hex');

/** Prisma's, so that one of its commands and `npm start` exclude each other. The session's: it ends with the connection. */
const LOCK = 72_707_369;
/** As Prisma waits. Milliseconds. */
const LOCK_WITHIN_MS = 10_000;

async function lock(client: pg.Client): Promise<void> {
  await client
    .query(`SET lock_timeout = ${LOCK_WITHIN_MS}; SELECT pg_advisory_lock(${LOCK}); RESET lock_timeout`)
    .catch((error: unknown) => {
      if (codeOf(error) !== '55P03') throw error; // lock_not_available
      throw new MigrationError('Another process is applying migrations to this database.');
    });
}

/** What has been applied and not rolled back; undefined where no migration has ever been. */
async function historyOf(client: pg.Client): Promise<HistoryRow[] | undefined> {
  const columns = 'migration_name, checksum, started_at, finished_at, logs';
  try {
    const sql = `SELECT ${columns} FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`;
    return (await client.query<HistoryRow>(sql)).rows;
  } catch (error) {
    if (codeOf(error) === '42P01') return undefined; // undefined_table: a new database
    throw error;
  }
}

async function createHistory(client: pg.Client): Promise<[]> {
  const tables = `SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm')`;
  if ((await client.query(tables)).rowCount !== 0)
    throw new MigrationError(
      'The database schema is not empty. Read more about how to baseline an existing production database: https://pris.ly/d/migrate-baseline',
    );
  await client.query(`CREATE TABLE _prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`);
  return [];
}

/** A migration that has failed, or whose process was killed: only people can decide what to do about it. */
function refuseUnfinished(history: HistoryRow[]): void {
  const unfinished = history.filter((row) => row.finished_at === null);
  if (unfinished.length === 0) return;
  const lines = unfinished.map(
    (row) =>
      `The \`${row.migration_name}\` migration started at ${row.started_at.toISOString()} failed\n${row.logs ?? ''}`,
  );
  throw new MigrationError(
    [`Found failed migrations in the database, new migrations will not be applied. ${RESOLVE}`, ...lines].join('\n'),
  );
}

const RESOLVE =
  'Read more about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve';

/** PostgreSQL runs all statements of one query in one transaction, but for a single one that it refuses to run in any. */
async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const id = randomUUID();
  await client.query('INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ($1, $2, $3)', [
    ...[id, checksumOf(migration), migration.name],
  ]);
  try {
    await client.query(migration.script);
  } catch (error) {
    await client.query('ROLLBACK'); // of a transaction that the script itself may have begun
    await client.query('UPDATE _prisma_migrations SET logs = $2 WHERE id = $1', [id, messageOf(error)]);
    throw new MigrationError(
      `A migration failed to apply. New migrations cannot be applied before the error is recovered from. ${RESOLVE}\n\n` +
        `Migration name: ${migration.name}\n\nDatabase error code: ${codeOf(error)}\n\nDatabase error:\n${messageOf(error)}`,
    );
  }
  await client.query('UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE id = $1', [id]);
}
