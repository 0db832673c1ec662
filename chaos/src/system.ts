// @ts-nocheck
import { createPrivateKey, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { databaseOn } from '@sluice/audit/system';
import { Failure } from '@sluice/stack/failure';
import { freePort } from '@sluice/stack/ports';
import { runningPostgres, startPostgres } from '@sluice/stack/postgres/postgres';
import { findRabbit } from '@sluice/stack/rabbitmq/programs';
import { runningRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import { secretsOf } from '@sluice/stack/services/secrets';
import { startSystem } from '@sluice/stack/system';
import { databaseServices } from '@sluice/stack/workspace';
import { SmallDisk } from './long/disk.js';
import { calledBack, Providers } from './long/providers.js';
import { Proxy } from './proxy.js';

/** Servers of somebody else's are not to be killed. */
const NOT_OURS = ['DATABASE_URL', 'AMQP_URL', 'AMQP_MANAGEMENT_URL'];
/** A gateway that is frozen answers nobody; the carrier calls again. Milliseconds. */
const CALL_BACK_MS = 10_000;
const portOf = (url) => Number(new URL(url).port);
const at = (url, port) => Object.assign(new URL(url), { port: String(port) }).href;

/**
 * The whole system as `npm start` runs it, with a broker and a PostgreSQL of its own, and a proxy before each of them.
 * @typedef {object} Victim
 * @property {string} url of the gateway
 * @property {import('@sluice/stack/services/supervisor').Supervisor} supervisor
 * @property {{ broker: Proxy, database: Proxy }} proxies between the services and their servers
 * @property {import('@sluice/stack/state-directory').Home} home
 * @property {() => Promise<{ databases: Record<string, string>, broker: { url: string, managementUrl?: string } }>} servers as the administrator reaches them, past the proxies
 * @property {(userId: string) => Promise<string>} tokenOf of a customer
 * @property {Providers} [providers] of the long form: card gateway, carrier and SMS
 * @property {SmallDisk} [disk] of the long form, where we may mount one: the databases are on it
 */

/**
 * @param {{ stateDirectory: import('@sluice/stack/state-directory').Home, progress: import('@sluice/stack/progress').Progress, shutdown: import('@sluice/stack/shutdown').Shutdown, giveUp: (error: Error) => void }} options
 * @param {Record<string, string>} settings of the services, as environment variables
 * @param {{ long: boolean }} form
 * @returns {Promise<Victim>}
 */
export async function startVictim(options, settings, { long }) {
  if (!findRabbit())
    throw new Failure(
      'chaos kills a broker of its own, and there is no RabbitMQ on this machine',
      'Install RabbitMQ 3.10 or later; a container cannot be killed and brought back from here.',
    );
  for (const name of NOT_OURS) delete process.env[name];
  const { stateDirectory, shutdown } = options;
  const proxies = {};
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const outside = long ? await outsideWorld({ url, stateDirectory, shutdown }) : {};
  Object.assign(process.env, settings, outside.settings);
  const { supervisor } = await startSystem({
    ...options,
    port,
    reach: (servers) => prepared(servers, { proxies, stateDirectory, disk: outside.disk }),
  });
  await shutdown.add('proxies', () => Promise.all(Object.values(proxies).map((proxy) => proxy.close())));
  const { providers, disk } = outside;
  return {
    url,
    supervisor,
    proxies,
    stateDirectory,
    servers: () => serversOf(stateDirectory),
    tokenOf: tokensOf(stateDirectory, 'customer'),
    ...(providers && { providers }),
    ...(disk && { disk }),
  };
}

/** What the long form has besides: providers of our own, and a small disk. */
async function outsideWorld({ url, stateDirectory, shutdown }) {
  const token = () => tokensOf(stateDirectory, 'admin')(randomUUID());
  const call = async (parcelId, step) => {
    const headers = { authorization: `Bearer ${await token()}` };
    const answer = await fetch(`${url}/parcels/${parcelId}/${step}`, {
      method: 'POST',
      headers,
      signal: AbortSignal.timeout(CALL_BACK_MS),
    }).catch(() => ({ status: 0, body: null }));
    await answer.body?.cancel();
    return answer;
  };
  const providers = await new Providers({ note: calledBack(call) }).open();
  await shutdown.add('providers', () => providers.close());
  const settings = Object.fromEntries(
    ['CARD_GATEWAY_URL', 'CARRIER_URL', 'SMS_PROVIDER_URL'].map((name) => [name, providers.url]),
  );
  return { providers, settings, disk: await SmallDisk.mount(stateDirectory) };
}

/** The databases are there, and no service has connected yet. */
async function prepared(servers, { proxies, stateDirectory, disk }) {
  if (disk) await disk.take((await startPostgres(stateDirectory)).url, databaseServices());
  return throughProxies(servers, proxies);
}

/** Servers that are started again keep their ports. */
async function throughProxies({ broker, databases }, proxies) {
  const [brokerPort, databasePort] = [portOf(broker.url), portOf(Object.values(databases)[0])];
  proxies.broker = await Proxy.before(() => brokerPort);
  proxies.database = await Proxy.before(() => databasePort);
  const moved = Object.entries(databases).map(([service, url]) => [service, at(url, proxies.database.port)]);
  return { broker: { ...broker, url: at(broker.url, proxies.broker.port) }, databases: Object.fromEntries(moved) };
}

async function serversOf(stateDirectory) {
  if (!runningPostgres(stateDirectory)) throw new Failure('PostgreSQL did not come back');
  const { url: server } = await startPostgres(stateDirectory); // running, it is taken over
  const rabbit = await runningRabbit(stateDirectory);
  if (!rabbit) throw new Failure('RabbitMQ did not come back');
  const databases = databaseServices().map((service) => [service, databaseOn(server, service)]);
  return { databases: Object.fromEntries(databases), broker: { url: rabbit.url, managementUrl: rabbit.managementUrl } };
}

/** Tokens as accounts would give them, without asking accounts. */
function tokensOf(stateDirectory, role) {
  const key = createPrivateKey(secretsOf(stateDirectory).tokenPrivateKey);
  return (userId) =>
    new SignJWT({ role }).setProtectedHeader({ alg: 'EdDSA' }).setSubject(userId).setExpirationTime('2h').sign(key);
}
