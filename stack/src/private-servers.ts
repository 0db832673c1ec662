// @ts-nocheck
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { requireAddresses } from './addresses.js';
import { waitForAll } from './wait-for-all.js';
import { Failure } from './failure.js';
import { StateDirectory } from './state-directory.js';
import { holderOf, tryLock } from './lock.js';
import { removePostgres, startPostgres } from './postgres/postgres.js';
import { startRabbit } from './rabbitmq/rabbitmq.js';
import { stopAll } from './stop-all.js';

/** Of the homes of runs, in the folder for temporary files; and the lock in them that their run holds. */
export const PREFIX = 'sluice-run-';
export const LOCK = 'run.lock';

/** @typedef {{ DATABASE_URL: string, AMQP_URL: string, AMQP_MANAGEMENT_URL: string }} ServerAddresses */

/**
 * Starts a PostgreSQL and a RabbitMQ for one run, in a folder outside the checkout that is removed with them at its end.
 * Those that the environment names are used instead.
 * @param {import('./progress.js').Progress} progress @param {import('./shutdown.js').Shutdown} shutdown stops and removes them
 * @param {{ durable: boolean }} options not durable: PostgreSQL writes without waiting for the disk
 * @returns {Promise<ServerAddresses>}
 */
export async function privateServers(progress, shutdown, { durable }) {
  requireAddresses();
  await sweep();
  requireWholeBroker();
  const stateDirectory = temporaryStateDirectory();
  const postgres = process.env.DATABASE_URL
    ? { url: process.env.DATABASE_URL }
    : progress.step('PostgreSQL', () => startPostgres(stateDirectory, { durable }));
  const rabbit = process.env.AMQP_URL
    ? given()
    : progress.step('RabbitMQ', (note) => startRabbit(stateDirectory, { note }));
  await shutdown.add('private servers', async () => {
    await stopAll(stateDirectory, { throwAway: true });
    await Promise.allSettled([postgres, rabbit]); // one that was only starting has now failed, or is there to be stopped
    await remove(stateDirectory);
  });
  const [{ url: DATABASE_URL }, broker] = await waitForAll([postgres, rabbit]);
  return { DATABASE_URL, AMQP_URL: broker.url, AMQP_MANAGEMENT_URL: broker.managementUrl };
}

const given = () => ({ url: process.env.AMQP_URL, managementUrl: process.env.AMQP_MANAGEMENT_URL });

function requireWholeBroker() {
  if (!process.env.AMQP_URL || process.env.AMQP_MANAGEMENT_URL) return;
  throw new Failure(
    'AMQP_URL is given without AMQP_MANAGEMENT_URL: the tests make virtual hosts through the management API',
    'Set AMQP_MANAGEMENT_URL, for example http://user:password@host:15672, or unset AMQP_URL.',
  );
}

/** A home for one run, which `remove` removes; should the run be killed, the next one does. */
export function temporaryStateDirectory() {
  const dir = mkdtempSync(path.join(tmpdir(), PREFIX));
  chmodSync(dir, 0o711); // PostgreSQL may have to run as another user; every file inside is closed
  const stateDirectory = new StateDirectory(dir);
  tryLock(stateDirectory.path(LOCK));
  return stateDirectory;
}

/** The data is thrown away, so nobody waits for an orderly end. */
export async function remove(stateDirectory) {
  await stopAll(stateDirectory, { throwAway: true });
  removePostgres(stateDirectory);
  rmSync(stateDirectory.dir, { recursive: true, force: true, maxRetries: 5 });
}

/** Removes what runs that were killed have left behind. */
export async function sweep() {
  const homes = readdirSync(tmpdir())
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => new StateDirectory(path.join(tmpdir(), name)));
  const abandoned = homes.filter(
    (stateDirectory) => existsSync(path.join(stateDirectory.dir, LOCK)) && !holderOf(stateDirectory.path(LOCK)),
  );
  for (const stateDirectory of abandoned) await remove(stateDirectory);
}
