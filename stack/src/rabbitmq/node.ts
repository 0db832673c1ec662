// @ts-nocheck
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { openLog } from '../log-lines.js';
import { commandLineHas, end, identify, isAlive } from '../processes.js';
import { findRabbit } from './programs.js';
import { makeOutside, outsideOf } from '../reachable.js';
import { run } from '../run.js';

/**
 * A RabbitMQ node of our own beside whatever else runs on the machine: own home, cookie, ports and epmd, loopback only.
 * The node's name is part of its data's path: it must never change.
 */
const NODE = 'sluice@localhost';

/** Of a broker of our own. */
export const VHOST = 'sluice';

/** Erlang takes a path of its environment as Latin-1: with other letters in it the node dies while it boots. */
const BEYOND_LATIN_1 = /[\u0100-\uffff]/;

const isOutside = (stateDirectory) => BEYOND_LATIN_1.test(stateDirectory.dir);

/** @param {import('../state-directory.js').StateDirectory} stateDirectory @returns {string} where its broker keeps configuration and data */
export const folderOf = (stateDirectory) =>
  path.join(isOutside(stateDirectory) ? outsideOf(stateDirectory.dir) : stateDirectory.dir, 'rabbitmq');

/** @param {import('../state-directory.js').StateDirectory} stateDirectory @returns {import('../processes.js').ProcessRecord} of the Erlang machine itself */
export function spawnNode(stateDirectory, state, programs) {
  if (isOutside(stateDirectory)) makeOutside(outsideOf(stateDirectory.dir));
  const folder = folderOf(stateDirectory);
  for (const name of ['mnesia', 'log', 'home']) mkdirSync(path.join(folder, name), { recursive: true, mode: 0o700 });
  writeConfiguration(folder, state);
  const log = openLog(stateDirectory.path('logs', 'rabbitmq.log'));
  // RABBITMQ_ALLOW_INPUT makes the script become the server, so that this child's pid is the server's own.
  const options = { env: environment(folder, state), cwd: folder, stdio: ['ignore', log, log], detached: true };
  const child = spawn(path.join(programs, 'rabbitmq-server'), ['-noinput'], options);
  child.on('error', () => {}); // seen by the caller as a process that is not there
  child.unref();
  closeSync(log);
  return identify(child.pid ?? 0);
}

/**
 * The process we started; or, when that was never written down, the one its own pid file names, if its command line
 * shows that it is this very node.
 */
export function runningNode(stateDirectory) {
  const started = stateDirectory.recall('rabbitmq')?.process;
  if (isAlive(started)) return started;
  const folder = folderOf(stateDirectory);
  const pid = pidFile(folder);
  return pid && commandLineHas(pid, folder) ? identify(pid) : undefined;
}

function pidFile(folder) {
  const file = path.join(folder, 'pid');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

/** Asks the running node for something: `rabbitmqctl` with these arguments. Takes a second. @returns {Promise<string>} what it says */
export function brokerControl(stateDirectory, ...args) {
  const env = environment(folderOf(stateDirectory), stateDirectory.recall('rabbitmq'));
  return run(path.join(findRabbit(), 'rabbitmqctl'), args, { env, label: `rabbitmqctl ${args[0]}` });
}

/** Ends the node and then its epmd, the name server that every Erlang node leaves behind. */
export async function endNode(stateDirectory, signal) {
  await end(runningNode(stateDirectory), { signal, graceMs: 30_000 });
  const port = stateDirectory.recall('rabbitmq')?.ports?.epmd;
  if (port) await killEpmd(port);
}

/** EPMD's own request "kill", which it takes only from this machine and only when no node is registered any more. */
function killEpmd(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(Buffer.from([0, 1, 'k'.charCodeAt(0)])));
    socket
      .on('data', () => socket.end())
      .on('error', () => resolve())
      .on('close', () => resolve());
    socket.setTimeout(2_000, () => socket.destroy());
  });
}

function writeConfiguration(folder, { ports, user, password }) {
  const lines = [
    `listeners.tcp.local = 127.0.0.1:${ports.amqp}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${ports.management}`,
    `default_vhost = ${VHOST}`,
    `default_user = ${user}`,
    `default_pass = ${password}`,
    'default_user_tags.administrator = true',
    'disk_free_limit.absolute = 200MB',
    'log.file = false', // the log is our own file: see spawnNode
    'log.console = true',
    'log.console.level = info',
  ];
  write(folder, 'rabbitmq.conf', lines.join('\n'));
  // A dead letter whose target was missing is tried again after 5 s instead of 180 s.
  write(folder, 'advanced.config', '[{rabbit, [{dead_letter_worker_publisher_confirm_timeout, 5000}]}].');
  write(folder, 'enabled_plugins', '[rabbitmq_management].');
}

const write = (folder, name, text) => writeFileSync(path.join(folder, name), `${text}\n`, { mode: 0o600 });

/** Nothing of the caller's environment but PATH: RABBITMQ_* variables of a system service would change the node. */
function environment(folder, { ports }) {
  const inFolder = (name) => path.join(folder, name);
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: inFolder('home'), // Erlang keeps its cookie there
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_CRASH_DUMP_SECONDS: '0',
    RABBITMQ_ALLOW_INPUT: '1',
    RABBITMQ_NODENAME: NODE,
    RABBITMQ_DIST_PORT: String(ports.dist),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_MNESIA_BASE: inFolder('mnesia'),
    RABBITMQ_LOG_BASE: inFolder('log'),
    RABBITMQ_PID_FILE: inFolder('pid'),
    RABBITMQ_CONFIG_FILE: inFolder('rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: inFolder('advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: inFolder('enabled_plugins'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
  };
}
