import type { Topology } from '@sluice/contracts';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  applyMonitoringUser,
  applyTopology,
  applyUsers,
  DriftError,
  ensureVhost,
  ForeignUserError,
  undeliverableLines,
  settingsOf,
  topology,
  usersOf,
  WORK,
  type Passwords,
} from '@sluice/topology';
import type { ChannelModel } from 'amqplib';
import { Failure } from '../failure.js';
import { run } from '../run.js';
import { root } from '../workspace.js';
import { connectToBroker } from './administration.js';
import type { Broker } from './users.js';

const currentMap = (): Topology => topology(settingsOf(process.env));

const DRIFT = 'docs/operations.md, "Other arguments for a queue", says how, without losing a message.';

/** Identifies the map and users that were applied, and the broker; the private one is the same at all ports. */
export const digestOfMap = ({ passwords }: Pick<Broker, 'passwords'>): string =>
  createHash('sha256')
    .update(process.env['AMQP_URL'] ?? 'private')
    .update(JSON.stringify([currentMap(), passwords && usersOf(WORK), passwords]))
    .digest('hex');

export interface Applied {
  /** What was not there before; undefined when that cannot be known. */
  created: string[] | undefined;
  corrected: string[];
  /** What became of undeliverable messages, a line for each. */
  undeliverable: string[];
}

/** Applies the map, and creates or corrects the services' users. @throws {Failure} when something exists otherwise */
export async function applyMap(broker: Broker): Promise<Applied> {
  const { url, managementUrl } = broker;
  const users = usersAdministration(broker);
  try {
    const vhost = users ? await ensureVhost(users.managementUrl, url) : [];
    const { created, undeliverable } = await applyTopology(url, currentMap(), managementUrl ? { managementUrl } : {});
    const report = users
      ? await applyUsers(users.managementUrl, url, usersOf(WORK), users.passwords)
      : { created: [], corrected: [] };
    return {
      created: created && [...vhost, ...created, ...report.created],
      corrected: report.corrected,
      undeliverable: undeliverableLines(undeliverable),
    };
  } catch (error) {
    if (error instanceof DriftError)
      throw new Failure('the broker holds something otherwise than the map says', DRIFT, error.message);
    if (error instanceof ForeignUserError) throw new Failure(error.message);
    throw error;
  }
}

/** What it takes to make users; undefined where none are made. */
function usersAdministration({
  managementUrl,
  passwords,
}: Broker): { managementUrl: string; passwords: Passwords } | undefined {
  return managementUrl !== undefined && passwords ? { managementUrl, passwords } : undefined;
}

/** Creates or corrects the services' users, and nothing else. @param broker with passwords */
export async function applyUsersAlone(broker: Broker): Promise<void> {
  const users = usersAdministration(broker);
  if (users) await applyUsers(users.managementUrl, broker.url, usersOf(WORK), users.passwords);
}

/** Creates the user of an autoscaler, where there are passwords. @param name of the user */
export async function applyMonitor(broker: Broker, name: string): Promise<void> {
  const users = usersAdministration(broker);
  const password = users?.passwords[name];
  if (!users || !password)
    throw new Failure(`there is no password for the user ${name}`, 'npm run kubernetes:secrets makes one.');
  await applyMonitoringUser(users.managementUrl, broker.url, { name, password });
}

/** Runs the topology's program, which prints what it did. @param args of `npm run topology` @returns its exit code */
export async function runTopology(args: readonly string[], broker: Broker): Promise<number> {
  const env = environmentFor(broker);
  const child = spawn(process.execPath, [programIn(root), ...args], { env, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** Applies the map of another checkout, which has been compiled. @throws {Failure} */
export async function applyMapOf(checkout: string, broker: Broker): Promise<void> {
  await run(process.execPath, [programIn(checkout)], { env: environmentFor(broker), label: 'the topology' });
}

const programIn = (checkout: string): string => path.join(checkout, 'topology/dist/main.js');

const environmentFor = ({ url, managementUrl, passwords }: Broker): NodeJS.ProcessEnv => ({
  ...process.env,
  AMQP_URL: url,
  ...(managementUrl && { AMQP_MANAGEMENT_URL: managementUrl }),
  ...(passwords && { AMQP_PASSWORDS: JSON.stringify(passwords) }),
});

const RETRY_MS = 1_000;

/** Applies the map again after each lost connection: the broker may come back empty. @returns what ends the watch */
export function keepTopology(broker: Broker, printLine: (line: string) => void): () => Promise<void> {
  let stopped = false;
  let connection: ChannelModel | undefined;
  const watch = async (): Promise<void> => {
    const opened = (connection = await connectToBroker(broker, 'topology'));
    await new Promise((resolve) => opened.once('close', resolve));
    while (!stopped && !(await appliedAgain(broker, printLine))) await sleep(RETRY_MS);
  };
  const forever = async (): Promise<void> => {
    while (!stopped) await watch().catch(() => sleep(RETRY_MS));
  };
  void forever();
  return async () => {
    stopped = true;
    if (connection) await closed(connection);
  };
}

/** A broker that is killed meanwhile sends no reply, and amqplib would wait for it for ever. */
function closed(connection: ChannelModel): Promise<unknown> {
  return new Promise((resolve) => {
    connection.once('close', resolve);
    connection.close().then(resolve, resolve); // rejected: already closed
  });
}

async function appliedAgain(broker: Broker, printLine: (line: string) => void): Promise<boolean> {
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
