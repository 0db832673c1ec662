import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, closeSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.js';
import { openLog } from '../log-lines.js';
import { freePort } from '../ports.js';
import { commandLineHas, end, hasEnded, identify, isAlive, isZombie, type ProcessRecord } from '../processes.js';
import { isReachable, makeOutside, outsideOf, unprivilegedUser } from '../reachable.js';
import { lastLines, run } from '../run.js';
import type { State, StateDirectory } from '../state-directory.js';
import { findPostgres, reachablePrograms } from './programs.js';

/** The first start of a cold machine; later ones take well under a second. */
const READY_WITHIN_MS = 60_000;
/** An orderly end writes a checkpoint first. */
const STOP_WITHIN_MS = 20_000;

export interface PostgresOptions {
  /** False: for data that is thrown away. */
  durable?: boolean;
  extra?: Record<string, string>;
}

type PostgresState = State['postgres'];
type RunningServer = ProcessRecord & { port: number };

/** Starts a private PostgreSQL, or takes over the one that an earlier start left behind. */
export async function startPostgres(
  stateDirectory: StateDirectory,
  { durable = true, extra = {} }: PostgresOptions = {},
) {
  const state = stateDirectory.once('postgres', () => ({
    password: randomBytes(18).toString('base64url'),
    data: dataFolder(stateDirectory),
  }));
  const left = runningPostgres(stateDirectory);
  if (left && (await answers(urlOf(state, left.port), state.data))) return opened(state, left);
  if (left) await end(left, { signal: 'SIGINT' });
  const programs = reachablePrograms(findPostgres(), outside(stateDirectory));
  if (!existsSync(path.join(state.data, 'PG_VERSION'))) await initialise(programs, state, stateDirectory);
  const port = await freePort(state.port);
  stateDirectory.remember('postgres', { ...state, port });
  const settings = { ...(durable ? {} : NOT_DURABLE), ...extra };
  return opened(
    state,
    await boot({ programs, state, port, settings, log: stateDirectory.path('logs', 'postgres.log') }),
  );
}

async function opened(state: PostgresState, server: RunningServer) {
  const url = urlOf(state, server.port);
  const { closeToPublic } = await import('../databases/databases.js');
  await closeToPublic(url); // a service's role is to see its own database alone
  return {
    /** Of the administrator, to the database `postgres`. */
    url,
    process: { pid: server.pid, startedAt: server.startedAt },
    /** Resolves when the server has ended, whoever ended it. */
    ended: hasEnded(server),
    /** Rolls back what is open and leaves a clean data folder. */
    stop: () => end(server, { signal: 'SIGINT', graceMs: STOP_WITHIN_MS }), // "fast" in PostgreSQL's words
  };
}

/** Ends a server that an earlier start left behind. */
export async function endPostgres(stateDirectory: StateDirectory, signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
  await end(runningPostgres(stateDirectory), { signal, graceMs: STOP_WITHIN_MS });
}

/** Removes its data, wherever it had to be kept. */
export function removePostgres(stateDirectory: StateDirectory): void {
  const data = stateDirectory.recall('postgres')?.data;
  if (data) rmSync(data, { recursive: true, force: true });
  rmSync(outsideOf(stateDirectory.dir), { recursive: true, force: true });
}

const outside = ({ dir }: StateDirectory): string => (unprivilegedUser() ? makeOutside(outsideOf(dir)) : dir);

/** Where the data is, or will be: where the server's user can reach it. */
export function dataFolder(stateDirectory: StateDirectory): string {
  const inside = stateDirectory.path('postgres');
  return unprivilegedUser() && !isReachable(inside) ? path.join(outside(stateDirectory), 'postgres') : inside;
}

const urlOf = ({ password }: PostgresState, port: number): string =>
  `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;

/** The server's own pid file names process and port; the command line shows whether the process is that server. */
export function runningPostgres(stateDirectory: StateDirectory): RunningServer | undefined {
  const data = stateDirectory.recall('postgres')?.data;
  if (!data || !existsSync(pidFile(data))) return undefined;
  const [pid = 0, , , port = 0] = readFileSync(pidFile(data), 'utf8').split('\n').map(Number);
  const found = identify(pid);
  return found && commandLineHas(pid, data) ? { ...found, port } : undefined;
}

/** The URL of the running server, which is taken over and not started again; undefined while there is none. */
export const runningPostgresUrl = async (stateDirectory: StateDirectory): Promise<string | undefined> =>
  runningPostgres(stateDirectory) && (await startPostgres(stateDirectory)).url;

const pidFile = (data: string): string => path.join(data, 'postmaster.pid');

/** Made beside its place and moved there when it is whole, so that a killed start leaves nothing half made. */
async function initialise(programs: string, { data, password }: PostgresState, { dir }: StateDirectory): Promise<void> {
  const draft = `${data}.new`;
  const passwordFile = `${data}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const user = unprivilegedUser();
  if (user) for (const file of [draft, passwordFile]) chownSync(file, user.uid, user.gid);
  const access = ['-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`];
  const args = ['-D', draft, ...access, '-E', 'UTF8', '--locale=C', '--no-sync'];
  try {
    await run(path.join(programs, 'initdb'), args, {
      ...user,
      cwd: '/',
      env: { ...process.env, LC_ALL: 'C' },
      label: 'initdb',
      fix: `Make room and rights in ${dir}, or set DATABASE_URL.`,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, data);
}

interface Server {
  programs: string;
  state: PostgresState;
  port: number;
  settings: Record<string, string>;
  log: string;
}

/** What a killed server leaves behind may take a moment to go: its sessions, its shared memory. */
const TRIES = 3;

async function boot(server: Server, tries = TRIES): Promise<RunningServer> {
  removeDeadPidFile(server.state.data);
  const record = spawnServer(server);
  if (record && (await becomesReady(server, record))) return { ...record, port: server.port };
  await end(record, { signal: 'SIGQUIT' });
  if (tries > 1) return sleep(1_000).then(() => boot(server, tries - 1));
  throw new Failure(
    'PostgreSQL did not start',
    `Its log: ${server.log}`,
    lastLines(readFileSync(server.log, 'utf8'), 20),
  );
}

/** PostgreSQL takes a zombie for a living server and refuses to start beside it. */
function removeDeadPidFile(data: string): void {
  const file = pidFile(data);
  if (existsSync(file) && isZombie(Number.parseInt(readFileSync(file, 'utf8'), 10))) rmSync(file);
}

const SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200' };
const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

function spawnServer({ programs, state, port, settings, log }: Server): ProcessRecord | undefined {
  const output = openLog(log); // a file, not a pipe: the server must outlive a killed supervisor
  const all = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(path.join(programs, 'postgres'), ['-D', state.data, '-p', String(port), ...all], {
    ...unprivilegedUser(),
    cwd: '/',
    stdio: ['ignore', output, output],
    detached: true,
  });
  child.on('error', () => {}); // seen by the caller as a process that is not there
  closeSync(output);
  child.unref();
  return identify(child.pid);
}

/** Whether the server accepts connections while its process lives, and in time. */
async function becomesReady({ state, port }: Server, record: ProcessRecord): Promise<boolean> {
  for (const until = Date.now() + READY_WITHIN_MS; isAlive(record) && Date.now() < until; await sleep(30)) {
    if (await answers(urlOf(state, port), state.data)) return true;
  }
  return false;
}

/** Whether our password opens it and it serves our data: another server may have the port. */
async function answers(url: string, data: string): Promise<boolean> {
  const { withClient } = await import('../databases/query-rows.js');
  const folder = withClient(
    url,
    async (client) => (await client.query<{ data_directory: string }>('SHOW data_directory')).rows[0]?.data_directory,
    { connectionTimeoutMillis: 5_000 },
  );
  return (await folder.catch(() => undefined)) === data;
}
