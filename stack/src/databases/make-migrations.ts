import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type {
  CreateMigrationOutput,
  EvaluateDataLossInput,
  MigrationList,
  SchemaEngine,
  SchemasContainer,
} from '@prisma/schema-engine-wasm/schema_engine_bg';
import { Failure } from '../failure.js';
import { inRoot } from '../workspace.js';
import { deploy, isDeployed, migrationsFolder, migrationsOf } from './migrations.js';
import type { MigratedDatabase } from './with-databases.js';

const filters = { externalTables: [], externalEnums: [] };

/** One line about what is applied and what is not. */
export async function status(service: string, database: MigratedDatabase): Promise<string> {
  if (await isDeployed(database.url, await migrationsOf(service))) return 'in step';
  const found = await withEngine(service, database, async (engine) =>
    engine.diagnoseMigrationHistory({
      migrationsList: await listOf(service),
      optInToShadowDatabase: false,
      filters,
    }),
  );
  const { history } = found;
  const facts = {
    'failed half way': found.failedMigrationNames,
    'changed after they were applied': found.editedMigrationNames,
    'not applied': history && 'unappliedMigrationNames' in history ? history.unappliedMigrationNames : [],
  };
  const lines = Object.entries(facts).filter(([, names]) => names.length > 0);
  return lines.map(([what, names]) => `${what}: ${names.join(', ')}`).join('; ') || 'in step';
}

/** The SQL that the migrations lack against schema.prisma; empty when they agree. */
export const check = (service: string, database: MigratedDatabase): Promise<string> =>
  withEngine(service, database, async (engine, schema) => {
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'migrations', ...(await listOf(service)) },
      to: { tag: 'schemaDatamodel', ...schema },
      script: true,
      exitCode: true,
      filters,
    });
    return exitCode === 2 ? (stdout ?? '') : '';
  });

/**
 * Writes the migration that takes the database to schema.prisma, and applies it.
 * @returns its name, if anything changes @throws {Failure} when data would be lost: then write it by hand
 */
export const create = (service: string, database: MigratedDatabase, name: string): Promise<string | undefined> =>
  withEngine(service, database, async (engine, schema) => {
    const { action } = await engine.devDiagnostic({ migrationsList: await listOf(service), filters }); // also fills the engine's cache for createMigration
    if (action.tag === 'reset')
      throw new Failure(`${service}: the database does not follow its migrations: ${action.reason}`, 'npm run reset');
    await deploy(service, database);
    const now = { migrationsList: await listOf(service), schema, filters };
    await refuseDataLoss(engine, now);
    const made = await engine.createMigration({ ...now, migrationName: name, draft: false });
    if (made.migrationScript === null) return undefined;
    await write(service, made);
    await deploy(service, database);
    return made.generatedMigrationName;
  });

async function refuseDataLoss(engine: SchemaEngine, input: EvaluateDataLossInput): Promise<void> {
  const { unexecutableSteps, warnings } = await engine.evaluateDataLoss(input);
  const losses = [...unexecutableSteps, ...warnings].map(({ message }) => message);
  if (losses.length > 0) throw new Failure(`data would be lost: ${losses.join(' ')}`, 'Write this migration by hand.');
}

async function write(service: string, made: CreateMigrationOutput): Promise<void> {
  const folder = path.join(migrationsFolder(service), made.generatedMigrationName);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'migration.sql'), made.migrationScript ?? '');
  await writeFile(
    path.join(migrationsFolder(service), 'migration_lock.toml'),
    `# Written by Prisma, kept in version control.\nprovider = "${made.connectorType}"\n`,
  );
}

/** The migrations of a service in the form that the engine takes. */
export async function listOf(service: string): Promise<MigrationList> {
  const lock = path.join(migrationsFolder(service), 'migration_lock.toml');
  const migrations = await migrationsOf(service);
  return {
    baseDir: migrationsFolder(service),
    lockfile: { path: 'migration_lock.toml', content: existsSync(lock) ? await readFile(lock, 'utf8') : null },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, script }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: script } },
    })),
  };
}

async function withEngine<T>(
  service: string,
  database: MigratedDatabase,
  work: (engine: SchemaEngine, schema: SchemasContainer) => Promise<T>,
): Promise<T> {
  const { openEngine } = await import('./schema-engine.js');
  const file = inRoot('prisma', service, 'schema.prisma');
  const content = await readFile(file, 'utf8');
  const { engine, close } = await openEngine({ ...database, datamodels: [[file, content]] });
  try {
    return await work(engine, { files: [{ path: file, content }] });
  } finally {
    await close();
  }
}
