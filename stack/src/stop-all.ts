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
 * @param {import('./home.js').Home} home @param {{ throwAway?: boolean }} [options] throwAway: the data is removed anyway, so nothing is waited for
 * @returns {Promise<string[]>} what was running
 */
export async function stopAll(home, { throwAway = false } = {}) {
  const holder = holderOf(home.path('running.lock'));
  const running = await whatRuns(home, holder);
  await end(holder, { graceMs: STOP_WITHIN_MS });
  await endOrphans(home);
  await Promise.all([
    endPostgres(home, throwAway ? 'SIGQUIT' : 'SIGINT'),
    endRabbit(home, throwAway ? 'SIGKILL' : 'SIGTERM'),
  ]);
  return running;
}

async function whatRuns(home, holder) {
  const services = (home.recall('services') ?? []).filter(isAlive);
  const found = {
    'npm start': isAlive(holder),
    services: services.length > 0,
    PostgreSQL: runningPostgres(home) !== undefined,
    RabbitMQ: (await runningRabbit(home)) !== undefined,
  };
  return Object.keys(found).filter((name) => found[name]);
}
