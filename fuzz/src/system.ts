// @ts-nocheck
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
import { stopAll } from '@sluice/stack/stop-all';
import { startSystem } from '@sluice/stack/system';
import { databaseServices } from '@sluice/stack/workspace';
import { LIMITS } from './limited.js';

/** What others have is not filled with what a fuzz makes. */
const NOT_OURS = ['DATABASE_URL', 'AMQP_URL', 'AMQP_MANAGEMENT_URL'];
/** A thousand people ask from one address, and one buys for many. */
const SETTINGS = {
  RATE_LIMIT_PER_MINUTE: '0',
  SIGN_IN_LIMIT_PER_MINUTE: '0',
  UNPAID_ORDERS: '0',
  UNPAID_PIECES: '0',
  CARRIER_DELAY_SECONDS: '1',
  LOG_LEVEL: process.env.LOG_LEVEL || 'warn',
};

/**
 * Starts a whole system beside whatever else runs here, as `npm start` does, and removes it at the end.
 * @template T
 * @param {(system: { base: string, servers: object, limitedGateway: () => Promise<string> }) => Promise<T>} work
 * limitedGateway: starts one more, which allows few requests, and gives its URL
 * @returns {Promise<T>} @throws {Failure} that says where the logs are
 */
export async function withOwnSystem(work) {
  for (const name of NOT_OURS) delete process.env[name];
  Object.assign(process.env, SETTINGS);
  const [progress, shutdown] = [new Progress(), new Shutdown()];
  await sweep();
  const stateDirectory = temporaryStateDirectory();
  const end = () => endAll(stateDirectory, shutdown, progress);
  shutdown.onSignal(
    () =>
      end()
        .then(() => remove(stateDirectory))
        .then(() => process.exit(130)),
    () => process.exit(130),
  );
  try {
    return await started({ stateDirectory, progress, shutdown }, work);
  } catch (error) {
    if (shutdown.requested) await new Promise(() => {}); // whoever stops us ends the process
    await end();
    throw Object.assign(error, {
      fix: [error.fix, `The logs: ${keepLogs(stateDirectory)}`].filter(Boolean).join('\n  '),
    });
  } finally {
    await end();
    await remove(stateDirectory);
  }
}

async function started({ stateDirectory, progress, shutdown }, work) {
  let giveUp;
  const gaveUp = new Promise((_, reject) => (giveUp = reject));
  const run = async () => {
    const port = await freePort();
    const { supervisor } = await startSystem({ stateDirectory, progress, shutdown, port, giveUp });
    await shutdown.add('services', () => supervisor.kill()); // nobody waits for an orderly end
    const limitedGateway = async () => {
      const another = await freePort();
      await supervisor.another('gateway', { ...LIMITS, PORT: String(another) });
      return `http://127.0.0.1:${another}`;
    };
    return work({ base: `http://127.0.0.1:${port}`, servers: await serversOf(stateDirectory), limitedGateway });
  };
  return Promise.race([run(), gaveUp]);
}

/** As the administrator reaches them. */
async function serversOf(stateDirectory) {
  const { url } = await startPostgres(stateDirectory); // running, it is taken over
  const rabbit = await runningRabbit(stateDirectory);
  if (!rabbit) throw new Failure('RabbitMQ is not there any more');
  return {
    databases: Object.fromEntries(databaseServices().map((service) => [service, databaseOn(url, service)])),
    broker: { url: rabbit.url, managementUrl: rabbit.managementUrl },
  };
}

/** The data is thrown away, so the servers are not asked but killed. */
async function endAll(stateDirectory, shutdown, progress) {
  progress.stopping = true;
  const stopped = shutdown.stop();
  await stopAll(stateDirectory, { throwAway: true });
  await stopped;
}

/** Out of the home, which is removed. */
function keepLogs(stateDirectory) {
  const kept = path.join(mkdtempSync(path.join(tmpdir(), 'sluice-fuzz-')), 'logs');
  renameSync(stateDirectory.path('logs'), kept);
  return kept;
}
