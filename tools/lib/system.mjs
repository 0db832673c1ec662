import { build, install } from './build.mjs';
import { secretsOf } from './secrets.mjs';
import { broker, database } from './servers.mjs';
import { Supervisor } from './supervisor.mjs';
import { allServices, builtServices, databaseServices } from './workspace.mjs';

/**
 * Brings the whole system up, everything as early as it can be: the broker boots while the rest is installed and built.
 * @param {object} options
 * @param {import('./home.mjs').Home} options.home @param {import('./progress.mjs').Progress} options.progress
 * @param {import('./shutdown.mjs').Shutdown} options.shutdown @param {number} options.port of the gateway
 * @param {(error: Error) => void} options.giveUp called when a server of ours cannot be started again
 * @returns {Promise<{ supervisor: Supervisor, broker: { url: string, managementUrl?: string } }>}
 */
export async function startSystem({ home, progress, shutdown, port, giveUp }) {
  const say = (line) => progress.line(line);
  const servers = { shutdown, say, giveUp };
  const step = (label, work) => (shutdown.requested ? stopped() : progress.step(label, work));
  const rabbit = step('RabbitMQ', (tell) => broker(home, tell, servers));
  const built = install(progress).then(() => {
    const urls = step('PostgreSQL', (tell) => database(home, tell, servers)).then(({ url }) => step('databases', (tell) => migrate(url, home, tell)));
    return all([urls, shutdown.requested ? stopped() : build(progress)]);
  });
  const supervisor = new Supervisor({ home, say });
  const topology = all([rabbit, built]).then(([found]) => step('topology', (tell) => applyTopology(found, say, tell, shutdown)));
  const [found, [databases]] = await all([rabbit, built, topology]);
  await step('services', async (tell) => {
    await shutdown.add('services', () => supervisor.stop());
    await supervisor.start(builtServices(), { broker: found, databases, secrets: secretsOf(home), port });
    tell(describeServices());
    await supervisor.ready();
  });
  return { supervisor, broker: found };
}

/** All of them, to their end, before a failure is told: nothing may go on starting behind our back. */
async function all(promises) {
  const results = await Promise.allSettled(promises);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return results.map((result) => /** @type {PromiseFulfilledResult<any>} */ (result).value);
}

const stopped = () => Promise.reject(new Error('stopped while starting'));

async function migrate(url, home, tell) {
  const [{ ensureDatabases }, { deploy }] = await Promise.all([import('./databases.mjs'), import('./migrations.mjs')]);
  const urls = await ensureDatabases(url, databaseServices(), home, tell);
  const applied = [];
  for (const [service, own] of Object.entries(urls)) applied.push(...(await deploy(service, { url: own })));
  if (applied.length > 0) tell(`applied ${applied.length} migrations`);
  return urls;
}

async function applyTopology(found, say, tell, shutdown) {
  const { applyMap, keepTopology } = await import('./topology.mjs');
  const created = await applyMap(found);
  if (created?.length) tell(`created ${created.length}`);
  await shutdown.add('topology', keepTopology(found, say));
}

function describeServices() {
  const built = builtServices();
  const missing = allServices().filter((service) => !built.includes(service));
  return `${built.length} up${missing.length > 0 ? `, without ${missing.join(', ')}` : ''}`;
}
