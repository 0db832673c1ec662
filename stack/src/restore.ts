import { chownSync, cpSync, existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { adoptState, dataOf, versionOf, type Backup } from './backup.js';
import { databaseName } from './databases/databases.js';
import { Failure } from './failure.js';
import { holderOf } from './lock.js';
import { dataFolder, runningPostgres, startPostgres } from './postgres/postgres.js';
import { findPostgres } from './postgres/programs.js';
import type { Note } from './progress.js';
import { removeRabbit, runningRabbit } from './rabbitmq/rabbitmq.js';
import { unprivilegedUser, type User } from './reachable.js';
import { run } from './run.js';
import type { State, StateDirectory } from './state-directory.js';

const STATE = ['postgres', 'databases', 'secrets', 'broker-users'] as const;

/** @throws Failure while anything of the system runs */
export async function requireStopped(stateDirectory: StateDirectory): Promise<void> {
  const runs =
    holderOf(stateDirectory.path('running.lock')) ??
    runningPostgres(stateDirectory) ??
    (await runningRabbit(stateDirectory));
  if (runs) throw new Failure(`the system in ${stateDirectory.dir} runs`, 'npm run stop, then restore.');
}

/** @throws Failure when the PostgreSQL of this machine cannot read the backup */
export async function requireSameVersion({ postgres }: Backup): Promise<void> {
  const printed = await run(path.join(findPostgres(), 'postgres'), ['--version'], { label: 'postgres --version' });
  const [, major = ''] = /\(PostgreSQL\) (\d+)/.exec(printed) ?? [];
  if (major !== postgres)
    throw new Failure(
      `the backup is of PostgreSQL ${postgres}, and here is ${major || printed.trim()}`,
      'Another major version reads a dump (pg_dumpall), not a copy of the data.',
    );
}

/**
 * Puts a backup in the place of the databases, and lets the server recover it. What was there is kept until that has
 * succeeded; then it is removed, and the broker's data too: its messages are of a time after the backup.
 * @throws Failure when the server does not recover; everything is as before then
 */
export async function restoreBackup(
  stateDirectory: StateDirectory,
  folder: string,
  backup: Backup,
  note: Note,
): Promise<void> {
  const before = STATE.map((name) => [name, stateDirectory.recall(name)] as const);
  const data = stateDirectory.recall('postgres')?.data ?? dataFolder(stateDirectory);
  const [draft, aside] = [`${data}.restored`, `${data}.before`];
  if (existsSync(aside) && !existsSync(data)) renameSync(aside, data); // of a restore that was killed
  for (const place of [draft, aside]) rmSync(place, { recursive: true, force: true });
  note('copying');
  cpSync(dataOf(folder), draft, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  const user = unprivilegedUser();
  if (user) give(draft, user);
  if (existsSync(data)) renameSync(data, aside);
  renameSync(draft, data);
  adoptState(stateDirectory, backup, data);
  note('the server recovers');
  try {
    await recover(stateDirectory, backup);
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    if (existsSync(aside)) renameSync(aside, data);
    for (const [name, value] of before) putBack(stateDirectory, name, value);
    throw error;
  }
  rmSync(aside, { recursive: true, force: true });
  await removeRabbit(stateDirectory);
  stateDirectory.remember('restored', { takenAt: backup.takenAt });
  note(`as of ${backup.takenAt}`);
}

/** Starts the server, which replays its log to the end of the backup, and looks at every database. */
async function recover(stateDirectory: StateDirectory, { services, postgres }: Backup): Promise<void> {
  const server = await startPostgres(stateDirectory);
  try {
    const { queryRows } = await import('./databases/query-rows.js');
    for (const service of services) {
      const url = Object.assign(new URL(server.url), { pathname: `/${databaseName(service)}` });
      await queryRows(url.href, 'SELECT count(*) FROM outbox');
    }
  } finally {
    await server.stop();
  }
  const data = stateDirectory.recall('postgres')?.data ?? '';
  if (versionOf(data) !== postgres) throw new Failure('the data is of another version than the backup says');
}

function putBack<K extends keyof State>(stateDirectory: StateDirectory, name: K, value: State[K] | undefined): void {
  if (value === undefined) stateDirectory.forget(name);
  else stateDirectory.remember(name, value);
}

function give(place: string, { uid, gid }: User): void {
  chownSync(place, uid, gid);
  if (!lstatSync(place).isDirectory()) return;
  for (const name of readdirSync(place)) {
    const inside = path.join(place, name);
    if (!lstatSync(inside).isSymbolicLink()) give(inside, { uid, gid });
  }
}
