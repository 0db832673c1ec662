import { Publisher } from '@sluice/messaging';
import { runningPostgresUrl } from '@sluice/stack/postgres/postgres';
import { remove, temporaryStateDirectory } from '@sluice/stack/private-servers';
import { runningRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import { brokerUrlOf } from '@sluice/stack/rabbitmq/users';
import { run as runToItsEnd } from '@sluice/stack/run';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { inRoot } from '@sluice/stack/workspace';
import type { BenchRun } from '../benchmark.js';
import { openPlace, type Place } from '../hop/place.js';
import { loadOrders } from '../orders/load.js';
import { startSluice, type Sluice } from '../orders/sluice.js';
import type { Servers } from './backlog.js';
import { storeOrders } from './copies.js';

/** A system, and on its servers what one hop needs. */
export interface Grown {
  sluice: Sluice;
  servers: Servers;
  hop: Place;
  feeder: Publisher;
  close(): Promise<void>;
}

/** Starts a second system beside that of the run. */
export async function startBeside(run: BenchRun): Promise<Grown> {
  const stateDirectory = temporaryStateDirectory();
  await run.shutdown.add('the second system', () => remove(stateDirectory));
  return startGrown({ ...run, stateDirectory }, 0);
}

/** Starts a system whose code has run before it is measured, with so many orders and handled messages stored. */
export async function startGrown(run: BenchRun, stored: number): Promise<Grown> {
  const sluice = await startSluice(run);
  await loadOrders(sluice, { inFlight: 32, seconds: run.quick ? 2 : 4 });
  const servers = await serversOf(run.stateDirectory);
  if (stored > 0) await store(run, servers, stored);
  const hop = await openPlace({ servers, stored });
  const feeder = new Publisher({ url: hop.url });
  const close = async (): Promise<void> => {
    await feeder.close();
    await hop.close();
    await sluice.stop();
  };
  return { sluice, servers, hop, feeder, close };
}

async function serversOf(stateDirectory: StateDirectory): Promise<Servers> {
  const [postgresUrl, rabbit] = [await runningPostgresUrl(stateDirectory), await runningRabbit(stateDirectory)];
  const gatewayUrl = brokerUrlOf({ ...rabbit!, passwords: stateDirectory.recall('broker-users') }, 'gateway');
  return { postgresUrl: postgresUrl!, rabbit: rabbit!, gatewayUrl };
}

/** The first audit waits until nothing is under way; a quick run audits what was stored, too. */
async function store({ progress, quick, stateDirectory }: BenchRun, servers: Servers, count: number): Promise<void> {
  const audit = () => progress.step('audit', async () => void (await auditOf(stateDirectory)));
  await audit();
  await progress.step(`store ${count} orders and handled messages`, () => storeOrders(servers.postgresUrl, count));
  if (quick) await audit();
}

/** @throws Failure with its report when something is not consistent */
const auditOf = (stateDirectory: StateDirectory): Promise<string> =>
  runToItsEnd(process.execPath, [inRoot('start.mjs'), 'audit', '--settle', '60'], {
    env: { ...process.env, SLUICE_HOME: stateDirectory.dir },
  });
