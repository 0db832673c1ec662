import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listOf, status } from './make-migrations.js';
import { applyMigrations, deploy, migrationsOf } from './migrations.js';
import { queryRows } from './query-rows.js';
import { openEngine, type OpenEngine } from './schema-engine.js';

const admin = process.env['DATABASE_URL'] ?? '';
const filters = { externalTables: [], externalEnums: [] };
const NAMES = async () => (await migrationsOf('orders')).map(({ name }) => name);

let name: string;
let url: string;
beforeEach(async () => {
  name = `test_migrations_${randomBytes(4).toString('hex')}`;
  url = Object.assign(new URL(admin), { pathname: name }).href;
  await queryRows(admin, `CREATE DATABASE ${name}`);
});
afterEach(async () => {
  await queryRows(admin, `DROP DATABASE ${name} WITH (FORCE)`);
});

async function withEngine<T>(work: (engine: OpenEngine['engine']) => Promise<T>): Promise<T> {
  const { engine, close } = await openEngine({ url });
  try {
    return await work(engine);
  } finally {
    await close();
  }
}

const byPrisma = () =>
  withEngine(async (engine) => engine.applyMigrations({ migrationsList: await listOf('orders'), filters }));

/** The table of applied migrations, without what differs from run to run. */
const history = () =>
  queryRows(
    url,
    `SELECT migration_name, checksum, applied_steps_count, logs, rolled_back_at, finished_at >= started_at AS finished
     FROM _prisma_migrations ORDER BY started_at, migration_name`,
  );
const historyColumns = () =>
  queryRows(
    url,
    `SELECT column_name, data_type, character_maximum_length, is_nullable, column_default
     FROM information_schema.columns WHERE table_name = '_prisma_migrations' ORDER BY ordinal_position`,
  );
const inDatabase = async () => [await history(), await historyColumns()];

it('takes a database for up to date that Prisma has migrated', async () => {
  expect((await byPrisma()).appliedMigrationNames).toEqual(await NAMES());
  const before = await inDatabase();
  expect(await deploy('orders', { url })).toEqual([]);
  expect(await status('orders', { url, adminUrl: admin })).toBe('in step');
  expect(await inDatabase()).toEqual(before);
});

it('leaves a database that Prisma takes for up to date, with the same rows as Prisma', async () => {
  expect(await deploy('orders', { url })).toEqual(await NAMES());
  const ours = await inDatabase();
  const found = await withEngine(async (engine) =>
    engine.diagnoseMigrationHistory({ migrationsList: await listOf('orders'), optInToShadowDatabase: false, filters }),
  );
  expect(found).toEqual({
    editedMigrationNames: [],
    failedMigrationNames: [],
    hasMigrationsTable: true,
    history: null,
  });
  expect((await byPrisma()).appliedMigrationNames).toEqual([]);
  await queryRows(url, 'DROP SCHEMA public CASCADE');
  await queryRows(url, 'CREATE SCHEMA public');
  await byPrisma();
  expect(ours).toEqual(await inDatabase());
});

it('applies each migration once when two processes start at the same time', async () => {
  const applied = await Promise.all([deploy('orders', { url }), deploy('orders', { url })]);
  expect(applied.sort((one, other) => one.length - other.length)).toEqual([[], await NAMES()]);
});

it('keeps nothing of a migration that fails, and applies no other until somebody has looked at it', async () => {
  const first = { name: '1_first', script: 'CREATE TABLE first (id int)' };
  const broken = { name: '2_broken', script: 'CREATE TABLE second (id int); INSERT INTO nowhere VALUES (1)' };
  await expect(applyMigrations(url, [first, broken])).rejects.toThrow(
    /Migration name: 2_broken\n\nDatabase error code: 42P01\n\nDatabase error:\nrelation "nowhere" does not exist/,
  );
  expect(await queryRows(url, "SELECT to_regclass('first') AS first, to_regclass('second') AS second")).toEqual([
    { first: 'first', second: null },
  ]);
  const again = applyMigrations(url, [first, { ...broken, script: 'SELECT 1' }]);
  await expect(again).rejects.toThrow(/`2_broken` migration started at .* failed\nrelation "nowhere" does not exist/);
  const found = await withEngine(async (engine) =>
    engine.diagnoseMigrationHistory({ migrationsList: await listOf('orders'), optInToShadowDatabase: false, filters }),
  );
  expect(found.failedMigrationNames).toEqual(['2_broken']);
});

it('applies what PostgreSQL runs in no transaction', async () => {
  const table = { name: '1_table', script: 'CREATE TABLE things (id int)' };
  const index = { name: '2_index', script: 'CREATE INDEX CONCURRENTLY things_id ON things (id)' };
  expect(await applyMigrations(url, [table, index])).toEqual(['1_table', '2_index']);
});

it('refuses a database whose tables it has not made', async () => {
  await queryRows(url, 'CREATE TABLE foreign_table (id int)');
  await expect(deploy('orders', { url })).rejects.toMatchObject({
    message: 'the migrations of orders do not go through',
    output: expect.stringContaining('The database schema is not empty'),
  });
  await expect(byPrisma()).rejects.toThrow('The database schema is not empty');
});
