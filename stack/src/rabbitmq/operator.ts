// @ts-nocheck
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { requireAddresses } from '../addresses.js';
import { loadTopology } from './users.js';
import { build, install } from '../build/build.js';
import { Failure } from '../failure.js';
import { Progress } from '../progress.js';
import { runningRabbit } from './rabbitmq.js';
import { inRoot } from '../workspace.js';

/** The administrator's broker, for who looks into it: that of AMQP_URL, else that of a running `npm start`. */
export async function operatorsBroker(stateDirectory, env = process.env) {
  requireAddresses(env);
  if (env.AMQP_URL) return { url: env.AMQP_URL, managementUrl: env.AMQP_MANAGEMENT_URL || undefined };
  const rabbit = await runningRabbit(stateDirectory);
  if (!rabbit)
    throw new Failure(
      'no broker: AMQP_URL is not set and no `npm start` is running here',
      'Start one (npm start), or set AMQP_URL; in containers see docs/operations.md, "Dead letters".',
    );
  return { url: rabbit.url, managementUrl: rabbit.managementUrl };
}

/** What these tools are made of is compiled with the system; a checkout that never ran compiles it now. What that says goes to stderr. */
export async function compiled() {
  if (['topology', 'libs/messaging', 'libs/service-kit'].every((folder) => existsSync(inRoot(folder, 'dist/index.js'))))
    return;
  const progress = new Progress(process.stderr);
  await install(progress);
  await build(progress);
}

/** @param {string} file in the repository, compiled */
export const loadCompiled = (file) => import(pathToFileURL(inRoot(file)).href);

/** @returns {Promise<import('amqplib').ChannelModel>} @throws {Failure} */
export async function connectTo({ url }, name) {
  const [{ connect }, { trust }] = await Promise.all([import('amqplib'), loadTopology()]);
  try {
    const connection = await connect(url, { ...trust(), clientProperties: { connection_name: name } });
    return connection.on('error', () => {}); // "close" follows
  } catch (error) {
    const first = error instanceof AggregateError ? error.errors[0] : error;
    throw new Failure(
      `the broker at ${new URL(url).host} cannot be used: ${first.message}`,
      'Check AMQP_URL, or that the system runs.',
    );
  }
}

/**
 * The management API of the broker, for the vhost of its URL.
 * @param {{ url: string, managementUrl?: string }} broker with a managementUrl
 * @returns {Promise<(method: string, path: string, body?: object) => Promise<any>>} `path` follows `/api/`, `:vhost` in it is the vhost @throws Error when it does not answer, or refuses
 */
export async function managementOf({ url, managementUrl }) {
  const { trustingFetch } = await loadTopology();
  const { origin, username, password, pathname } = new URL(managementUrl);
  const { pathname: vhost } = new URL(url);
  const headers = {
    authorization: `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`,
    'content-type': 'application/json',
  };
  return async (method, path, body) => {
    const address = `${origin}${pathname.replace(/\/$/, '')}/api/${path.replace(':vhost', vhost.length > 1 ? vhost.slice(1) : '%2F')}`;
    const answer = await trustingFetch(address, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    if (!answer.ok)
      throw new Error(`the management API at ${origin} answers ${answer.status} for ${method} /api/${path}`);
    const text = await answer.text();
    return text ? JSON.parse(text) : undefined;
  };
}

/** Resolves when the reader has it: what is not read is not taken from the broker. @throws Error when the reader has gone */
export const write = (text) =>
  new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())));

/** Resolves when somebody ends us: Ctrl-C, a supervisor, a reader such as `head` that has enough. */
export const whenEnded = () =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
    process.stdout.on('error', resolve);
  });
