// @ts-nocheck
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { databaseAddress } from './address.js';
import { databaseName } from './databases.js';
import { Failure } from '../failure.js';
import { historyClosed } from './ownership.js';
import { queryRows } from './query-rows.js';
import { inRoot } from '../workspace.js';

const NO_FILTER = { externalTables: [], externalEnums: [] };

const folderOf = (service) => inRoot('prisma', service, 'migrations');

async function read(service) {
  const folder = folderOf(service);
  const entries = existsSync(folder) ? await readdir(folder, { withFileTypes: true }) : [];
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return Promise.all(
    names.map(async (name) => ({ name, script: await readFile(path.join(folder, name, 'migration.sql'), 'utf8') })),
  );
}

/** The migrations of a service as the engine wants to be told of them. */
async function listOf(service) {
  const lock = path.join(folderOf(service), 'migration_lock.toml');
  const migrations = await read(service);
  return {
    baseDir: folderOf(service),
    lockfile: { path: 'migration_lock.toml', content: existsSync(lock) ? await readFile(lock, 'utf8') : null },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, script }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: script } },
    })),
  };
}

/**
 * Whether every migration of a service is applied as it is written, asked of the engine's own table: in that case,
 * the usual one, the engine need not be loaded.
 */
export async function inStep(service, url) {
  const client = new pg.Client(databaseAddress(url));
  await client.connect();
  try {
    const { rows } = await client.query(
      'SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    const applied = new Map(rows.map((row) => [row.migration_name, row.checksum]));
    return (await read(service)).every(
      ({ name, script }) => applied.get(name) === createHash('sha256').update(script).digest('hex'),
    );
  } catch (error) {
    if (error.code === '42P01') return false; // undefined_table: a new database
    throw error;
  } finally {
    await client.end();
  }
}

/** @returns {Promise<string[]>} the migrations that were applied now @throws {Failure} that names the one that fails */
export async function deploy(service, { url }) {
  if (await inStep(service, url)) return [];
  const applied = await withEngine(service, { url }, async (engine, about) => {
    const { appliedMigrationNames } = await engine.applyMigrations(await about()).catch((error) => {
      throw new Failure(
        `the migrations of ${service} do not go through`,
        `See npm run migrate -- status ${service}; npm run reset begins anew, without the data.`,
        error.message,
      );
    });
    return appliedMigrationNames;
  });
  await queryRows(url, historyClosed(databaseName(service)));
  return applied;
}

/** @returns {Promise<string>} one line about what is applied and what is not */
export async function status(service, { url }) {
  if (await inStep(service, url)) return 'in step';
  const found = await withEngine(service, { url }, async (engine, about) =>
    engine.diagnoseMigrationHistory(await about({ optInToShadowDatabase: false })),
  );
  const facts = {
    'failed half way': found.failedMigrationNames,
    'changed after they were applied': found.editedMigrationNames,
    'not applied': found.history?.unappliedMigrationNames,
  };
  const told = Object.entries(facts).filter(([, names]) => names?.length > 0);
  return told.map(([what, names]) => `${what}: ${names.join(', ')}`).join('; ') || 'in step';
}

/** @returns {Promise<string>} the SQL that the migrations lack against schema.prisma; empty when they say the same */
export function check(service, database) {
  return withEngine(service, database, async (engine, about, schema) => {
    const { migrationsList } = await about();
    const question = {
      from: { tag: 'migrations', ...migrationsList },
      to: { tag: 'schemaDatamodel', ...schema },
      script: true,
      exitCode: true,
    };
    const { exitCode, stdout } = await engine.diff({ ...question, filters: NO_FILTER });
    return exitCode === 2 ? stdout : '';
  });
}

/**
 * Writes the migration that takes the database to schema.prisma, and applies it.
 * @returns {Promise<string | undefined>} its name; undefined when there is nothing to change
 * @throws {Failure} when data would be lost: then write the migration by hand
 */
export function create(service, database, name) {
  return withEngine(service, database, async (engine, about, schema) => {
    const { action } = await engine.devDiagnostic(await about()); // also fills the engine's cache for createMigration
    if (action.tag === 'reset')
      throw new Failure(`${service}: the database does not follow its migrations: ${action.reason}`, 'npm run reset');
    await engine.applyMigrations(await about());
    await refuseDataLoss(engine, await about({ schema }));
    const made = await engine.createMigration(await about({ migrationName: name, draft: false, schema }));
    if (made.migrationScript === null) return undefined;
    await write(service, made);
    await engine.applyMigrations(await about());
    return made.generatedMigrationName;
  });
}

async function refuseDataLoss(engine, about) {
  const { unexecutableSteps, warnings } = await engine.evaluateDataLoss(about);
  const losses = [...unexecutableSteps, ...warnings].map(({ message }) => message);
  if (losses.length > 0) throw new Failure(`data would be lost: ${losses.join(' ')}`, 'Write this migration by hand.');
}

async function write(service, { generatedMigrationName, migrationScript, connectorType }) {
  const folder = path.join(folderOf(service), generatedMigrationName);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'migration.sql'), migrationScript);
  await writeFile(
    path.join(folderOf(service), 'migration_lock.toml'),
    `# Written by Prisma, kept in version control.\nprovider = "${connectorType}"\n`,
  );
}

/** @param {{ url: string, adminUrl?: string }} database adminUrl: who may create databases, for what needs a shadow database */
async function withEngine(service, database, work) {
  const { openEngine } = await import('./schema-engine.js');
  const file = inRoot('prisma', service, 'schema.prisma');
  const schema = { files: [{ path: file, content: await readFile(file, 'utf8') }] };
  const { engine, close } = await openEngine({
    ...database,
    datamodels: schema.files.map(({ path: name, content }) => [name, content]),
  });
  const about = async (more = {}) => ({ migrationsList: await listOf(service), filters: NO_FILTER, ...more });
  try {
    return await work(engine, about, schema);
  } finally {
    await close();
  }
}
