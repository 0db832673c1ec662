import { Publisher } from '@sluice/messaging';
import { runningPostgresUrl } from '@sluice/stack/postgres/postgres';
import { remove, temporaryStateDirectory } from '@sluice/stack/private-servers';
import { runningRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import { brokerUrlOf } from '@sluice/stack/rabbitmq/users';
import type { StateDirectory } from '@sluice/stack/state-directory';
import type { BenchRun } from '../benchmark.js';
import { openPlace, type Place } from '../hop/place.js';
import { audit } from '../orders/audit.js';
import { loadOrders } from '../orders/load.js';
import { startSluice, type Sluice } from '../orders/sluice.js';
import type { Servers } from './backlog.js';
import { storeOrders } from './copies.js';

/** A customer is copied as often as an order, so there are fewer of them, and several orders of each. */
const CUSTOMERS = 200;
const ORIGINALS_SECONDS = 10;

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
  const sluice = await startSluice(run, { customers: CUSTOMERS });
  await loadOrders(sluice, { inFlight: 64, seconds: run.quick ? 2 : ORIGINALS_SECONDS });
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
  await audit(stateDirectory, progress);
  await progress.step(`store ${count} orders and handled messages`, () => storeOrders(servers.postgresUrl, count));
  if (quick) await audit(stateDirectory, progress);
}
