import { holderOf } from './lock.js';
import { endPostgres, runningPostgres } from './postgres/postgres.js';
import { end, isAlive, type ProcessRecord } from './processes.js';
import { endRabbit, runningRabbit } from './rabbitmq/rabbitmq.js';
import { endOrphans } from './services/supervisor.js';
import type { StateDirectory } from './state-directory.js';

/** A running start stops in order by itself; it is given the time that its services and servers may take. */
const STOP_WITHIN_MS = 60_000;

/**
 * Stops the system of a state directory: through its running start, and whatever a killed one left behind.
 * @param options throwAway: kills, because the data is removed anyway @returns what was running
 */
export async function stopAll(stateDirectory: StateDirectory, { throwAway = false } = {}): Promise<string[]> {
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

async function whatRuns(stateDirectory: StateDirectory, holder: ProcessRecord | undefined): Promise<string[]> {
  const services = (stateDirectory.recall('services') ?? []).filter(isAlive);
  const found = {
    'npm start': isAlive(holder),
    services: services.length > 0,
    PostgreSQL: runningPostgres(stateDirectory) !== undefined,
    RabbitMQ: (await runningRabbit(stateDirectory)) !== undefined,
  };
  return Object.entries(found).flatMap(([name, runs]) => (runs ? [name] : []));
}
