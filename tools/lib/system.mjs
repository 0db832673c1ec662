import { all } from './all.mjs';
import { withUsers } from './broker-users.mjs';
import { build, install } from './build.mjs';
import { prepareDatabases } from './prepare-databases.mjs';
import { secretsOf } from './secrets.mjs';
import { checkSettings, settingsAreCompiled, settingsAreGiven } from './settings.mjs';
import { broker, database } from './servers.mjs';
import { Supervisor } from './supervisor.mjs';
import { allServices, builtServices } from './workspace.mjs';

/** @typedef {{ broker: import('./broker-users.mjs').Broker, databases: Record<string, string> }} Servers databases: by service */

/**
 * Brings the whole system up, everything as early as it can be: the broker boots while the rest is installed and built.
 * @param {object} options
 * @param {import('./home.mjs').Home} options.home @param {import('./progress.mjs').Progress} options.progress
 * @param {import('./shutdown.mjs').Shutdown} options.shutdown @param {number} options.port of the gateway
 * @param {(error: Error) => void} options.giveUp called at the first failure, also at one of a later day: a server of ours that cannot be started again
 * @param {(servers: Servers) => Promise<Servers>} [options.reach] how the services reach their servers, when not directly
 * @returns {Promise<{ supervisor: Supervisor, broker: import('./broker-users.mjs').Broker }>}
 */
export async function startSystem({ home, progress, shutdown, port, giveUp, reach = async (servers) => servers }) {
  const say = (line) => progress.line(line);
  const servers = { shutdown, say, giveUp };
  const failed = (error) => {
    giveUp(error); // at once, and not when all the others have come to their end
    throw error;
  };
  const step = (label, work) => (shutdown.requested ? stopped() : progress.step(label, work).catch(failed));
  if (settingsAreGiven()) await step('settings', () => checkedSettings(progress));
  let starting;
  const address = new Promise((resolve) => (starting = resolve));
  const rabbit = step('RabbitMQ', (tell) => broker(home, tell, starting, servers));
  const built = install(progress).then(() => {
    const urls = step('PostgreSQL', (tell) => database(home, tell, servers)).then(({ url }) =>
      step('databases', (tell) => prepareDatabases(url, home, { tell, say })),
    );
    return all([urls, shutdown.requested ? stopped() : build(progress).catch(failed)]);
  });
  // The race, because a broker that fails to start may have no address.
  const known = all([Promise.race([address, rabbit]), built]).then(([found]) =>
    withUsers(home, found, { ours: !process.env.AMQP_URL }).catch(failed),
  );
  const topology = all([known, rabbit]).then(([found]) =>
    step('topology', (tell) => applyTopology({ found, home, say, tell, shutdown })),
  );
  const supervisor = new Supervisor({ home, say });
  const services = startable({ home, known, built, topology }).then(([found, [databases]]) =>
    step('services', async (tell) => {
      await shutdown.add('services', () => supervisor.stop());
      await supervisor.start(
        builtServices(),
        { ...(await reach({ broker: found, databases })), secrets: secretsOf(home), port },
        rabbit,
      );
      tell(describeServices());
      await supervisor.ready();
    }),
  );
  const [found] = await all([rabbit, built, topology, services]);
  return { supervisor, broker: found };
}

/**
 * When the services can start: at once when the broker is known to hold their topology and users, so that they boot while it does;
 * otherwise when it has been applied, for they refuse to work without it.
 */
async function startable({ home, known, built, topology }) {
  const [found, ready] = await all([known, built]);
  const { digestOfMap } = await import('./topology.mjs');
  if (home.recall('topology')?.digest !== (await digestOfMap(found))) await topology;
  return [found, ready];
}

/** Before any server: what they are checked by is compiled first where it is not there yet, or is of older sources. */
async function checkedSettings(progress) {
  if (!settingsAreCompiled()) {
    await install(progress);
    await build(progress);
  }
  await checkSettings();
}

const stopped = () => Promise.reject(new Error('stopped while starting'));

async function applyTopology({ found, home, say, tell, shutdown }) {
  const { applyMap, digestOfMap, keepTopology } = await import('./topology.mjs');
  const { created, corrected, undeliverable } = await applyMap(found);
  if (created?.length) tell(`created ${created.length}`);
  for (const what of corrected) say(`the broker: put right: ${what}`);
  for (const what of undeliverable) say(`the broker: ${what}`);
  if (!found.passwords)
    say('every service uses AMQP_URL itself: users of their own take AMQP_MANAGEMENT_URL of an administrator');
  home.remember('topology', { digest: await digestOfMap(found) });
  await shutdown.add('topology', keepTopology(found, say));
}

function describeServices() {
  const built = builtServices();
  const missing = allServices().filter((service) => !built.includes(service));
  return `${built.length} up${missing.length > 0 ? `, without ${missing.join(', ')}` : ''}`;
}
