import { mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { databaseOn } from '@sluice/audit/system';
import { Failure } from '@sluice/stack/failure';
import { freePort } from '@sluice/stack/ports';
import { startPostgres } from '@sluice/stack/postgres/postgres';
import { remove, sweep, temporaryStateDirectory } from '@sluice/stack/private-servers';
import { Progress } from '@sluice/stack/progress';
import { runningRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import { Shutdown } from '@sluice/stack/shutdown';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { stopAll } from '@sluice/stack/stop-all';
import { startSystem } from '@sluice/stack/system';
import { databaseServices } from '@sluice/stack/workspace';
import { LIMITS } from './rate-limits.js';
import type { Servers } from './table-checksums.js';

/** The system under test. */
export interface System {
  /** URL of its gateway. */
  readonly base: string;
  /** Absent where they are unknown. */
  readonly servers?: Servers | undefined;
  /** Starts a second gateway that allows few requests, and returns its URL; only of a system that is ours alone. */
  readonly limitedGateway?: () => Promise<string>;
}

/** Servers of others must not get what a fuzz sends. */
const NOT_OURS = ['DATABASE_URL', 'AMQP_URL', 'AMQP_MANAGEMENT_URL'];
/** All requests come from one address, and one customer orders for many. */
const SETTINGS = {
  RATE_LIMIT_PER_MINUTE: '0',
  SIGN_IN_LIMIT_PER_MINUTE: '0',
  UNPAID_ORDERS: '0',
  UNPAID_PIECES: '0',
  CARRIER_DELAY_SECONDS: '1',
  LOG_LEVEL: process.env['LOG_LEVEL'] || 'warn',
};

interface Running {
  readonly stateDirectory: StateDirectory;
  readonly progress: Progress;
  readonly shutdown: Shutdown;
}

/**
 * Starts a whole system beside whatever else runs on this machine, as `npm start` does, and removes it at the end.
 * @throws {Failure} that names the folder of the logs
 */
export async function withPrivateSystem<T>(work: (system: System) => Promise<T>): Promise<T> {
  for (const name of NOT_OURS) delete process.env[name];
  Object.assign(process.env, SETTINGS);
  await sweep();
  const running = { stateDirectory: temporaryStateDirectory(), progress: new Progress(), shutdown: new Shutdown() };
  const exit = (): never => process.exit(130);
  running.shutdown.onSignal(() => void removeSystem(running).then(exit), exit);
  try {
    return await start(running, work);
  } catch (error) {
    if (running.shutdown.requested) await new Promise(() => {}); // the signal's handler ends the process
    await stopSystem(running);
    throw withLogs(error, running.stateDirectory);
  } finally {
    await removeSystem(running);
  }
}

function start<T>({ stateDirectory, progress, shutdown }: Running, work: (system: System) => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, giveUp) => {
    const run = async (): Promise<T> => {
      const port = await freePort();
      const { supervisor } = await startSystem({ stateDirectory, progress, shutdown, port, giveUp });
      await shutdown.add('services', () => supervisor.kill()); // their data is removed: no orderly end is needed
      const limitedGateway = async (): Promise<string> => {
        const another = await freePort();
        await supervisor.another('gateway', { ...LIMITS, PORT: String(another) });
        return `http://127.0.0.1:${another}`;
      };
      return work({ base: `http://127.0.0.1:${port}`, servers: await serversOf(stateDirectory), limitedGateway });
    };
    run().then(resolve, giveUp);
  });
}

/** As the administrator reaches them. */
async function serversOf(stateDirectory: StateDirectory): Promise<Servers> {
  const { url } = await startPostgres(stateDirectory); // it runs: this takes it over
  const rabbit = await runningRabbit(stateDirectory);
  if (!rabbit) throw new Failure('RabbitMQ is not there any more');
  return {
    databases: Object.fromEntries(databaseServices().map((service) => [service, databaseOn(url, service)])),
    broker: { url: rabbit.url, managementUrl: rabbit.managementUrl },
  };
}

/** Kills the servers, whose data is removed anyway. */
async function stopSystem({ stateDirectory, progress, shutdown }: Running): Promise<void> {
  progress.stopping = true;
  const stopped = shutdown.stop();
  await stopAll(stateDirectory, { throwAway: true });
  await stopped;
}

async function removeSystem(running: Running): Promise<void> {
  await stopSystem(running);
  await remove(running.stateDirectory);
}

/** Moves the logs out of the state directory, which is removed, and adds their folder to the advice of a failure. */
function withLogs(thrown: unknown, stateDirectory: StateDirectory): unknown {
  const logs = path.join(mkdtempSync(path.join(tmpdir(), 'sluice-fuzz-')), 'logs');
  renameSync(stateDirectory.path('logs'), logs);
  if (!(thrown instanceof Error)) return thrown;
  const fix = thrown instanceof Failure ? thrown.fix : undefined;
  return Object.assign(thrown, { fix: [fix, `The logs: ${logs}`].filter(Boolean).join('\n  ') });
}
