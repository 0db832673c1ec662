import { createPrivateKey, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { AuditedSystem } from '@sluice/audit/audit';
import { systemOf } from '@sluice/audit/system';
import { build } from '@sluice/stack/build/build';
import { Failure } from '@sluice/stack/failure';
import { freePort } from '@sluice/stack/ports';
import { startPostgres } from '@sluice/stack/postgres/postgres';
import { Proxy } from '@sluice/stack/proxy';
import { findRabbit } from '@sluice/stack/rabbitmq/programs';
import type { Supervisor } from '@sluice/stack/services/supervisor';
import { secretsOf } from '@sluice/stack/services/secrets';
import { ShopClient } from '@sluice/stack/shop-client';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { startSystem } from '@sluice/stack/system';
import type { TemporaryRun } from '@sluice/stack/temporary-run';
import { until } from '@sluice/stack/until';
import { databaseServices } from '@sluice/stack/workspace';
import { SmallDisk } from './long/disk.js';
import { Providers, type Step } from './long/providers.js';
import { GATEWAY, type Form, type Server } from './plan.js';
import { serverPids } from './servers.js';
import { Balancer, type Backend } from './upgrade/balancer.js';
import { versionsOf, type NextVersion, type Versions } from './upgrade/versions.js';

const PROVIDER_URLS = ['CARD_GATEWAY_URL', 'CARRIER_URL', 'SMS_PROVIDER_URL'];

/** The system as `npm start` runs it, with a broker and a PostgreSQL of its own, and a proxy before each. */
export interface SystemUnderTest {
  /** Of the gateway. */
  url: string;
  supervisor: Supervisor;
  /** Between the services and their servers. */
  proxies: Record<Server, Proxy>;
  stateDirectory: StateDirectory;
  /** As the administrator reaches them, past the proxies. */
  servers: () => Promise<AuditedSystem>;
  tokenOf: (userId: string) => Promise<string>;
  /** Of the long form: card gateway, carrier and SMS. */
  providers?: Providers;
  /** Of the long form, where one may be mounted: the databases are on it. */
  disk?: SmallDisk | undefined;
  /** Of an upgrade. */
  next?: NextVersion;
}

/** @param settings of the services, as environment variables */
export async function startSystemUnderTest(
  run: TemporaryRun,
  settings: Record<string, string>,
  { long, upgrade, from }: Pick<Form, 'long' | 'upgrade' | 'from'>,
): Promise<SystemUnderTest> {
  if (!findRabbit())
    throw new Failure(
      'chaos kills a broker of its own, and there is no RabbitMQ on this machine',
      'Install RabbitMQ 3.10 or later; a container cannot be killed and brought back from here.',
    );
  const { stateDirectory, shutdown } = run;
  const port = await freePort();
  const versions = upgrade ? await preparedVersions(from, run) : undefined;
  const backends = { now: (): Backend[] => [] };
  const balancer = upgrade ? await Balancer.before(() => backends.now()) : undefined;
  const url = `http://127.0.0.1:${balancer?.port ?? port}`;
  const providers = long ? await startProviders(url, run) : undefined;
  const disk = long ? await SmallDisk.mount(stateDirectory) : undefined;
  const ports = { broker: 0, database: 0 }; // known before a service connects; servers that are started again keep them
  const proxies = {
    broker: await Proxy.before(() => ports.broker),
    database: await Proxy.before(() => ports.database),
  };
  Object.assign(
    process.env,
    settings,
    providers && Object.fromEntries(PROVIDER_URLS.map((name) => [name, providers.url])),
  );
  const { supervisor } = await startSystem({
    ...run,
    port,
    checkout: versions?.before,
    reach: async ({ broker, databases }) => {
      if (disk) await disk.take((await startPostgres(stateDirectory)).url, databaseServices());
      const through = (server: Server, target: string): string => {
        ports[server] = Number(new URL(target).port);
        return Object.assign(new URL(target), { port: String(proxies[server].port) }).href;
      };
      return {
        broker: { ...broker, url: through('broker', broker.url) },
        databases: Object.fromEntries(
          Object.entries<string>(databases).map(([service, target]) => [service, through('database', target)]),
        ),
      };
    },
  });
  const all = [...Object.values(proxies), ...(balancer ? [balancer] : [])];
  await shutdown.add('proxies', () => Promise.all(all.map((proxy) => proxy.close())));
  if (balancer) {
    backends.now = () => gatewaysOf(supervisor);
    await supervisor.another(GATEWAY, { PORT: String(await freePort()) });
    await until(() => balancer.ready.length === GATEWAYS, { withinMs: READY_WITHIN_MS, everyMs: 100 });
  }
  return {
    url,
    supervisor,
    proxies,
    stateDirectory,
    servers: () => serversOf(stateDirectory),
    tokenOf: tokensOf(stateDirectory, 'customer'),
    ...(providers && { providers }),
    disk,
    ...(versions && { next: versions.next }),
  };
}

/** Behind the balancer of an upgrade. */
const GATEWAYS = 2;
const READY_WITHIN_MS = 10_000;

const gatewaysOf = (supervisor: Supervisor): Backend[] =>
  supervisor.processesOf(GATEWAY).map(({ env, healthPort }) => ({ port: Number(env['PORT']), healthPort }));

/** Another version is made of what is built. */
async function preparedVersions(from: string | undefined, { progress }: TemporaryRun): Promise<Versions> {
  await build(progress);
  return progress.step(from === undefined ? 'the next version' : `the version of ${from}`, () => versionsOf(from));
}

/** @throws Failure naming the server that is gone */
async function serversOf(stateDirectory: StateDirectory): Promise<AuditedSystem> {
  for (const [name, pid] of Object.entries(serverPids(stateDirectory)))
    if (pid === undefined) throw new Failure(`${name} did not come back`);
  return systemOf(stateDirectory, {});
}

async function startProviders(url: string, { stateDirectory, shutdown }: TemporaryRun): Promise<Providers> {
  const shop = new ShopClient(url);
  const callBack = async (parcelId: string, step: Step): Promise<number> => {
    const token = await tokensOf(stateDirectory, 'admin')(randomUUID());
    return shop.call('POST', `/parcels/${parcelId}/${step}`, { token }).then(
      ({ status }) => status,
      () => 0,
    );
  };
  const providers = await new Providers(callBack).open();
  await shutdown.add('providers', () => providers.close());
  return providers;
}

/** Signs tokens as accounts does, without a request to accounts. */
function tokensOf(stateDirectory: StateDirectory, role: 'customer' | 'admin'): (userId: string) => Promise<string> {
  const key = createPrivateKey(secretsOf(stateDirectory).tokenPrivateKey);
  return (userId) =>
    new SignJWT({ role }).setProtectedHeader({ alg: 'EdDSA' }).setSubject(userId).setExpirationTime('2h').sign(key);
}
