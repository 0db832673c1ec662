import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { requireAddresses } from './addresses.js';
import { Failure } from './failure.js';
import { holderOf, tryLock } from './lock.js';
import { removePostgres, startPostgres } from './postgres/postgres.js';
import type { Progress } from './progress.js';
import { startRabbit } from './rabbitmq/rabbitmq.js';
import type { Shutdown } from './shutdown.js';
import { StateDirectory } from './state-directory.js';
import { stopAll } from './stop-all.js';
import { waitForAll } from './wait-for-all.js';

/** Of the state directories of runs, in the folder for temporary files; and the lock in them that their run holds. */
const PREFIX = 'sluice-run-';
const LOCK = 'run.lock';

export interface ServerAddresses {
  DATABASE_URL: string;
  AMQP_URL: string;
  AMQP_MANAGEMENT_URL: string;
}

/**
 * Starts a PostgreSQL and a RabbitMQ for one run, in a folder outside the checkout that is removed with them at its end.
 * Those that the environment names are used instead.
 * @param shutdown stops and removes them
 * @param options durable: false: PostgreSQL writes without waiting for the disk
 */
export async function privateServers(
  progress: Progress,
  shutdown: Shutdown,
  { durable }: { durable: boolean },
): Promise<ServerAddresses> {
  requireAddresses();
  await sweep();
  const { DATABASE_URL } = process.env;
  const broker = givenBroker();
  const stateDirectory = temporaryStateDirectory();
  const postgres = DATABASE_URL
    ? Promise.resolve({ url: DATABASE_URL })
    : progress.step('PostgreSQL', () => startPostgres(stateDirectory, { durable }));
  const rabbit = broker
    ? Promise.resolve(broker)
    : progress.step('RabbitMQ', (note) => startRabbit(stateDirectory, { note }));
  await shutdown.add('private servers', async () => {
    await stopAll(stateDirectory, { throwAway: true });
    await Promise.allSettled([postgres, rabbit]); // one that was only starting has now failed, or is there to be stopped
    await remove(stateDirectory);
  });
  const [{ url }, { url: AMQP_URL, managementUrl }] = await waitForAll([postgres, rabbit]);
  return { DATABASE_URL: url, AMQP_URL, AMQP_MANAGEMENT_URL: managementUrl };
}

function givenBroker(): { url: string; managementUrl: string } | undefined {
  const { AMQP_URL: url, AMQP_MANAGEMENT_URL: managementUrl } = process.env;
  if (!url) return undefined;
  if (managementUrl) return { url, managementUrl };
  throw new Failure(
    'AMQP_URL is given without AMQP_MANAGEMENT_URL: the tests make virtual hosts through the management API',
    'Set AMQP_MANAGEMENT_URL, for example http://user:password@host:15672, or unset AMQP_URL.',
  );
}

/** A state directory for one run, which `remove` removes; should the run be killed, the next one does. */
export function temporaryStateDirectory(): StateDirectory {
  const dir = mkdtempSync(path.join(tmpdir(), PREFIX));
  chmodSync(dir, 0o711); // PostgreSQL may have to run as another user; every file inside is closed
  const stateDirectory = new StateDirectory(dir);
  tryLock(stateDirectory.path(LOCK));
  return stateDirectory;
}

/** The data is thrown away, so nobody waits for an orderly end. */
export async function remove(stateDirectory: StateDirectory): Promise<void> {
  await stopAll(stateDirectory, { throwAway: true });
  removePostgres(stateDirectory);
  rmSync(stateDirectory.dir, { recursive: true, force: true, maxRetries: 5 });
}

/** Removes what runs that were killed have left behind. */
export async function sweep(): Promise<void> {
  for (const directory of abandoned()) await remove(directory);
}

/** The state directories of runs that were killed. */
export const abandoned = (): StateDirectory[] =>
  readdirSync(tmpdir())
    .filter((name) => name.startsWith(PREFIX) && existsSync(path.join(tmpdir(), name, LOCK)))
    .map((name) => new StateDirectory(path.join(tmpdir(), name)))
    .filter((directory) => !holderOf(directory.path(LOCK)));
