// @ts-nocheck
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, closeSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.js';
import { openLog } from '../log-lines.js';
import { freePort } from '../ports.js';
import { findPostgres, reachablePrograms } from './programs.js';
import { commandLineHas, end, hasEnded, identify, isAlive, isZombie } from '../processes.js';
import { isReachable, makeOutside, outsideOf, unprivilegedUser } from '../reachable.js';
import { lastLines, run } from '../run.js';

/** The first start of a cold machine; later ones take well under a second. */
const READY_WITHIN_MS = 60_000;

/**
 * @typedef {object} Postgres
 * @property {string} url of the administrator, to the database `postgres`
 * @property {import('../processes.js').ProcessRecord} process
 * @property {Promise<boolean>} ended resolves when the server has ended, whoever ended it
 * @property {() => Promise<void>} stop rolls back what is open and leaves a clean data folder
 */

/**
 * Starts a private PostgreSQL, or takes over the one that an earlier start left behind.
 * @param {import('../state-directory.js').StateDirectory} stateDirectory
 * @param {{ durable?: boolean, extra?: Record<string, string> }} [options] not durable: for data that is thrown away; extra: settings of the server
 * @returns {Promise<Postgres>}
 */
export async function startPostgres(stateDirectory, { durable = true, extra = {} } = {}) {
  const state = stateDirectory.once('postgres', () => ({
    password: randomBytes(18).toString('base64url'),
    data: dataFolder(stateDirectory),
  }));
  const left = runningPostgres(stateDirectory);
  if (left && (await answers(urlOf(state, left.port), state.data))) return closed(handle(state, left));
  if (left) await end(left, { signal: 'SIGINT' });
  const programs = reachablePrograms(findPostgres(), outside(stateDirectory));
  if (!existsSync(path.join(state.data, 'PG_VERSION'))) await initialise(programs, state, stateDirectory);
  const port = await freePort(state.port);
  stateDirectory.remember('postgres', { ...state, port });
  return closed(handle(state, await boot({ programs, state, port, stateDirectory, durable, extra })));
}

/** A service's role is to see its own database alone. */
async function closed(postgres) {
  const { closeToPublic } = await import('../databases/databases.js');
  await closeToPublic(postgres.url);
  return postgres;
}

/** Ends a server that an earlier start left behind. */
export async function endPostgres(stateDirectory, signal = /** @type {NodeJS.Signals} */ 'SIGINT') {
  await end(runningPostgres(stateDirectory), { signal, graceMs: 20_000 });
}

/** Removes its data, wherever it had to be kept. */
export function removePostgres(stateDirectory) {
  const data = stateDirectory.recall('postgres')?.data;
  if (data) rmSync(data, { recursive: true, force: true });
  rmSync(outsideOf(stateDirectory.dir), { recursive: true, force: true });
}

const outside = (stateDirectory) =>
  unprivilegedUser() ? makeOutside(outsideOf(stateDirectory.dir)) : stateDirectory.dir;

function dataFolder(stateDirectory) {
  const inside = stateDirectory.path('postgres');
  return unprivilegedUser() && !isReachable(inside) ? path.join(outside(stateDirectory), 'postgres') : inside;
}

const urlOf = ({ password }, port) => `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;

/** The server's own pid file names process and port; the command line tells whether the process is that server. */
export function runningPostgres(stateDirectory) {
  const data = stateDirectory.recall('postgres')?.data;
  if (!data || !existsSync(path.join(data, 'postmaster.pid'))) return undefined;
  const [pid, , , port] = readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n').map(Number);
  const found = identify(pid);
  return found && commandLineHas(pid, data) ? { ...found, port } : undefined;
}

/** Made beside its place and moved there when it is whole, so that a killed start leaves nothing half made. */
async function initialise(programs, { data, password }, stateDirectory) {
  const draft = `${data}.new`;
  const passwordFile = `${data}.password`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  const user = unprivilegedUser();
  for (const file of user ? [draft, passwordFile] : []) chownSync(file, user.uid, user.gid);
  const args = [
    '-D',
    draft,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C',
    '--no-sync',
  ];
  try {
    const env = { ...process.env, LC_ALL: 'C' };
    await run(path.join(programs, 'initdb'), args, {
      ...user,
      cwd: '/',
      env,
      label: 'initdb',
      fix: `Make room and rights in ${stateDirectory.dir}, or set DATABASE_URL.`,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, data);
}

/** What a killed server leaves behind may take a moment to go: its sessions, its shared memory. */
const TRIES = 3;

async function boot(server, tries = TRIES) {
  forgetDeadServer(server.state.data);
  const record = spawnServer(server);
  if (await becomes(() => answers(urlOf(server.state, server.port), server.state.data), record))
    return { ...record, port: server.port };
  await end(record, { signal: 'SIGQUIT' });
  if (tries > 1) return sleep(1_000).then(() => boot(server, tries - 1));
  const log = logOf(server.stateDirectory);
  throw new Failure('PostgreSQL did not start', `Its log: ${log}`, lastLines(readFileSync(log, 'utf8'), 20));
}

/** PostgreSQL takes a zombie for a living server and refuses to start beside it. */
function forgetDeadServer(data) {
  const file = path.join(data, 'postmaster.pid');
  if (existsSync(file) && isZombie(Number.parseInt(readFileSync(file, 'utf8'), 10))) rmSync(file);
}

const logOf = (stateDirectory) => stateDirectory.path('logs', 'postgres.log');

function spawnServer({ programs, state, port, stateDirectory, durable, extra }) {
  const output = openLog(logOf(stateDirectory)); // a file, not a pipe: the server must outlive a killed supervisor
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200', ...extra };
  if (!durable) Object.assign(settings, { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' });
  const args = [
    '-D',
    state.data,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const child = spawn(path.join(programs, 'postgres'), args, {
    ...unprivilegedUser(),
    cwd: '/',
    stdio: ['ignore', output, output],
    detached: true,
  });
  child.on('error', () => {}); // seen by the caller as a process that is not there
  closeSync(output);
  child.unref();
  return identify(child.pid ?? 0);
}

/** Whether it happens while the process lives, and in time. */
async function becomes(ready, record) {
  for (const until = Date.now() + READY_WITHIN_MS; isAlive(record) && Date.now() < until; await sleep(30)) {
    if (await ready()) return true;
  }
  return false;
}

/** Whether our password opens it and it serves our data: another server may have the port. */
async function answers(url, data) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query('SHOW data_directory')).rows[0].data_directory === data;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** @returns {Postgres} */
function handle(state, { port, ...record }) {
  return {
    url: urlOf(state, port),
    process: record,
    ended: hasEnded(record),
    stop: () => end(record, { signal: 'SIGINT', graceMs: 20_000 }), // "fast" in PostgreSQL's words
  };
}
