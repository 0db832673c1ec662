import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { databaseServices } from './workspace.js';
import { Failure } from './failure.js';
import { baseBackup } from './postgres/base-backup.js';
import { startPostgres, runningPostgres } from './postgres/postgres.js';
import type { State, StateDirectory } from './state-directory.js';

/** What is needed beside the databases: the passwords of their roles, and the keys with which tokens and ids are made. */
const KEPT_STATE = ['databases', 'secrets', 'broker-users'] as const;
const DATA = 'postgres';
const MANIFEST = 'backup.json';
const FORMAT = 1;

/** A backup on the disk, as its manifest describes it. It is written last: a folder without it is no whole backup. */
export interface Backup {
  format: number;
  /** RFC 3339, by the clock of the database. */
  takenAt: string;
  bytes: number;
  services: string[];
  /** Major version of PostgreSQL, which alone can read it. */
  postgres: string;
  /** Of the administrator, who is in the databases. */
  password: string;
  state: Partial<Pick<State, (typeof KEPT_STATE)[number]>>;
}

export const dataOf = (folder: string): string => path.join(folder, DATA);

/**
 * Takes a backup of all databases, as at one moment, without stopping anything.
 * @param folder is made @throws Failure when it is there already, or there is no private PostgreSQL
 */
export async function takeBackup(stateDirectory: StateDirectory, folder: string): Promise<Backup> {
  if (existsSync(folder)) throw new Failure(`${folder} is there already`, 'Name another folder.');
  const state = stateDirectory.recall('postgres');
  if (!state) throw new Failure(`there are no databases in ${stateDirectory.dir}`, 'npm start makes them.');
  const wasRunning = runningPostgres(stateDirectory) !== undefined;
  const server = await startPostgres(stateDirectory);
  const draft = `${folder}.part`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  try {
    const { withClient } = await import('./databases/query-rows.js');
    const found = await withClient(server.url, (client) => baseBackup(client, state.data, dataOf(draft)));
    const backup: Backup = {
      ...{ format: FORMAT, ...found, services: databaseServices(), password: state.password },
      postgres: versionOf(state.data),
      state: Object.fromEntries(KEPT_STATE.map((name) => [name, stateDirectory.recall(name)])),
    };
    await writeFile(path.join(draft, MANIFEST), `${JSON.stringify(backup, null, 2)}\n`, { mode: 0o600 });
    await chmod(draft, 0o700);
    await rename(draft, folder);
    return backup;
  } finally {
    await rm(draft, { recursive: true, force: true });
    if (!wasRunning) await server.stop();
  }
}

/** @throws Failure when the folder has no whole backup */
export function readBackup(folder: string): Backup {
  const file = path.join(folder, MANIFEST);
  if (!existsSync(file))
    throw new Failure(`${folder} is no backup`, `npm run backup makes one: a folder with a file ${MANIFEST}.`);
  const backup = JSON.parse(readFileSync(file, 'utf8')) as Backup;
  if (backup.format !== FORMAT)
    throw new Failure(`${folder} was made by another version, in another format (${backup.format})`);
  return backup;
}

/** The major version of the PostgreSQL that made a data folder. */
export const versionOf = (data: string): string => readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim();

/** Puts the secrets of a backup in the place of those that are kept. The broker gets its topology anew. */
export function adoptState(stateDirectory: StateDirectory, { state, password }: Backup, data: string): void {
  for (const name of KEPT_STATE) {
    const value = state[name];
    if (value) stateDirectory.remember(name, value as never);
  }
  stateDirectory.remember('postgres', { ...stateDirectory.recall('postgres'), data, password });
  stateDirectory.forget('topology');
}
