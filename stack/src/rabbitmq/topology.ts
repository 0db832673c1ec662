// @ts-nocheck
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadTopology } from './users.js';
import { Failure } from '../failure.js';
import { inRoot } from '../workspace.js';

async function load() {
  const module = await loadTopology();
  return { ...module, map: module.topology(module.settingsOf(process.env)) };
}

/** Where the procedure is. */
const DRIFT = 'docs/operations.md, "Other arguments for a queue", says how, without losing a message.';

/** Says which map and users were applied to which broker; the private one keeps its data, whatever its ports. */
export async function digestOfMap({ passwords }) {
  const { map, usersOf, WORK } = await load();
  return createHash('sha256')
    .update(process.env.AMQP_URL ?? 'private')
    .update(JSON.stringify([map, passwords && usersOf(WORK), passwords]))
    .digest('hex');
}

/**
 * Makes the broker hold what the map says, and lets the services in.
 * @param {import('./users.js').Broker} broker
 * @returns {Promise<{ created?: string[], corrected: string[], undeliverable: string[] }>} what was not there before, undefined when that cannot be known; what was put right; what became of homeless messages, for people
 * @throws {Failure} when something exists otherwise than the map says
 */
export async function applyMap({ url, managementUrl, passwords }) {
  const {
    applyTopology,
    applyUsers,
    DriftError,
    ensureVhost,
    ForeignUserError,
    undeliverableLines,
    map,
    usersOf,
    WORK,
  } = await load();
  try {
    const vhost = passwords ? await ensureVhost(managementUrl, url) : [];
    const { created, undeliverable } = await applyTopology(url, map, { managementUrl });
    const users = passwords
      ? await applyUsers(managementUrl, url, usersOf(WORK), passwords)
      : { created: [], corrected: [] };
    return {
      created: created && [...vhost, ...created, ...users.created],
      corrected: users.corrected,
      undeliverable: undeliverableLines(undeliverable),
    };
  } catch (error) {
    if (error instanceof DriftError)
      throw new Failure('the broker holds something otherwise than the map says', DRIFT, error.message);
    if (error instanceof ForeignUserError) throw new Failure(error.message);
    throw error;
  }
}

/** Lets the services in, and leaves the rest of the broker as it is. @param {import('./users.js').Broker} broker with passwords */
export async function applyUsersAlone({ url, managementUrl, passwords }) {
  const { applyUsers, usersOf, WORK } = await loadTopology();
  await applyUsers(managementUrl, url, usersOf(WORK), passwords);
}

/**
 * Runs the topology's own program, which prints what it did.
 * @param {string[]} args as in `npm run topology -- ...` @param {import('./users.js').Broker} broker
 * @returns {Promise<number>} its exit code
 */
export async function runTopology(args, { url, managementUrl, passwords }) {
  const env = {
    ...process.env,
    AMQP_URL: url,
    ...(managementUrl && { AMQP_MANAGEMENT_URL: managementUrl }),
    ...(passwords && { AMQP_PASSWORDS: JSON.stringify(passwords) }),
  };
  const child = spawn(process.execPath, [inRoot('topology/dist/main.js'), ...args], { env, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

const RETRY_MS = 1_000;

/**
 * Applies the map again whenever the broker has been away: it may come back empty.
 * @param {import('./users.js').Broker} broker @param {(line: string) => void} say
 * @returns {() => Promise<void>} what ends the watch
 */
export function keepTopology(broker, printLine) {
  let stopped = false;
  let connection;
  const watch = async () => {
    connection = await connectTo(broker.url);
    await new Promise((resolve) => connection.once('close', resolve));
    while (!stopped && !(await appliedAgain(broker, printLine))) await sleep(RETRY_MS);
  };
  const forever = async () => {
    while (!stopped) await watch().catch(() => sleep(RETRY_MS));
  };
  void forever();
  return async () => {
    stopped = true;
    if (connection) await closed(connection);
  };
}

/** A broker that is killed meanwhile answers no goodbye, and amqplib would wait for it for ever. */
function closed(connection) {
  return new Promise((resolve) => {
    connection.once('close', resolve);
    connection.close().then(resolve, resolve); // rejected: already closed
  });
}

async function connectTo(url) {
  const { connect } = await import('amqplib');
  const { trust } = await loadTopology();
  const connection = await connect(`${url}${url.includes('?') ? '&' : '?'}heartbeat=10`, trust());
  return connection.on('error', () => {}); // "close" follows
}

async function appliedAgain(broker, printLine) {
  try {
    const { created, corrected, undeliverable } = await applyMap(broker);
    if (created?.length !== 0 || corrected.length > 0)
      printLine('the broker is back; its topology has been applied again');
    for (const what of undeliverable) printLine(`the broker: ${what}`);
    return true;
  } catch (error) {
    if (error instanceof Failure) printLine(`✗ ${error.message}\n${error.output}`);
    return error instanceof Failure; // any other: the broker is not back yet
  }
}
