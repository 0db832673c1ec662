import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Failure } from './failure.mjs';
import { inRoot } from './workspace.mjs';

async function load() {
  const module = await import(pathToFileURL(inRoot('topology/dist/index.js')).href);
  return { ...module, map: module.topology(module.settingsOf(process.env)) };
}

/** Says which map was applied to which broker; the private one keeps its data, whatever its ports. */
export async function digestOfMap() {
  const { map } = await load();
  return createHash('sha256').update(process.env.AMQP_URL ?? 'private').update(JSON.stringify(map)).digest('hex');
}

/**
 * Makes the broker hold what the map says.
 * @param {{ url: string, managementUrl?: string }} broker
 * @returns {Promise<string[] | undefined>} what was not there before; undefined when that cannot be known
 * @throws {Failure} when something exists otherwise than the map says
 */
export async function applyMap({ url, managementUrl }) {
  const { applyTopology, DriftError, map } = await load();
  try {
    return (await applyTopology(url, map, { managementUrl })).created;
  } catch (error) {
    if (error instanceof DriftError) throw new Failure('the broker holds something otherwise than the map says', 'npm run reset begins anew, without the data.', error.message);
    throw error;
  }
}

/**
 * Runs the topology's own program, which prints what it did.
 * @param {string[]} args as in `npm run topology -- ...` @param {NodeJS.ProcessEnv} env AMQP_URL and AMQP_MANAGEMENT_URL among it
 * @returns {Promise<number>} its exit code
 */
export async function runTopology(args, env) {
  const child = spawn(process.execPath, [inRoot('topology/dist/main.js'), ...args], { env, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return code ?? 1;
}

const RETRY_MS = 1_000;

/**
 * Applies the map again whenever the broker has been away: it may come back empty.
 * @param {{ url: string, managementUrl?: string }} broker @param {(line: string) => void} say
 * @returns {() => Promise<void>} what ends the watch
 */
export function keepTopology(broker, say) {
  let stopped = false;
  let connection;
  const watch = async () => {
    connection = await connectTo(broker.url);
    await new Promise((resolve) => connection.once('close', resolve));
    while (!stopped && !(await appliedAgain(broker, say))) await sleep(RETRY_MS);
  };
  const forever = async () => {
    while (!stopped) await watch().catch(() => sleep(RETRY_MS));
  };
  void forever();
  return async () => {
    stopped = true;
    await connection?.close().catch(() => {}); // already closed
  };
}

async function connectTo(url) {
  const { connect } = await import('amqplib');
  const connection = await connect(`${url}${url.includes('?') ? '&' : '?'}heartbeat=10`);
  return connection.on('error', () => {}); // "close" follows
}

async function appliedAgain(broker, say) {
  try {
    const created = await applyMap(broker);
    if (created?.length !== 0) say('the broker is back; its topology has been applied again');
    return true;
  } catch (error) {
    if (error instanceof Failure) say(`✗ ${error.message}\n${error.output}`);
    return error instanceof Failure; // any other: the broker is not back yet
  }
}
