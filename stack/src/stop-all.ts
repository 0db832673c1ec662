// @ts-nocheck
import { endPostgres, runningPostgres } from './postgres/postgres.js';
import { endRabbit, runningRabbit } from './rabbitmq/rabbitmq.js';
import { end, isAlive } from './processes.js';
import { holderOf } from './lock.js';
import { endOrphans } from './services/supervisor.js';

/** A running start stops in order by itself; it is given the time that its services and servers may take. */
const STOP_WITHIN_MS = 60_000;

/**
 * Stops the system of a home: through its running start, and whatever a killed one left behind.
 * @param {import('./state-directory.js').StateDirectory} stateDirectory @param {{ throwAway?: boolean }} [options] throwAway: the data is removed anyway, so nothing is waited for
 * @returns {Promise<string[]>} what was running
 */
export async function stopAll(stateDirectory, { throwAway = false } = {}) {
  const holder = holderOf(stateDirectory.path('running.lock'));
  const running = await whatRuns(stateDirectory, holder);
  await end(holder, { graceMs: STOP_WITHIN_MS });
  await endOrphans(stateDirectory);
  await Promise.all([
    endPostgres(stateDirectory, throwAway ? 'SIGQUIT' : 'SIGINT'),
    endRabbit(stateDirectory, throwAway ? 'SIGKILL' : 'SIGTERM'),
  ]);
  return running;
}

async function whatRuns(stateDirectory, holder) {
  const services = (stateDirectory.recall('services') ?? []).filter(isAlive);
  const found = {
    'npm start': isAlive(holder),
    services: services.length > 0,
    PostgreSQL: runningPostgres(stateDirectory) !== undefined,
    RabbitMQ: (await runningRabbit(stateDirectory)) !== undefined,
  };
  return Object.keys(found).filter((name) => found[name]);
}
