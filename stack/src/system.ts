// @ts-nocheck
import { waitForAll } from './wait-for-all.js';
import { withUsers } from './rabbitmq/users.js';
import { build, install } from './build/build.js';
import { prepareDatabases } from './databases/prepare.js';
import { secretsOf } from './services/secrets.js';
import { checkSettings, settingsAreCompiled, settingsAreGiven } from './services/settings.js';
import { broker, database } from './servers.js';
import { Supervisor } from './services/supervisor.js';
import { allServices, builtServices } from './workspace.js';

/** @typedef {{ broker: import('./rabbitmq/users.js').Broker, databases: Record<string, string> }} Servers databases: by service */

/**
 * Brings the whole system up, everything as early as it can be: the broker boots while the rest is installed and built.
 * @param {object} options
 * @param {import('./state-directory.js').StateDirectory} options.home @param {import('./progress.js').Progress} options.progress
 * @param {import('./shutdown.js').Shutdown} options.shutdown @param {number} options.port of the gateway
 * @param {(error: Error) => void} options.giveUp called at the first failure, also at one of a later day: a server of ours that cannot be started again
 * @param {(servers: Servers) => Promise<Servers>} [options.reach] how the services reach their servers, when not directly
 * @returns {Promise<{ supervisor: Supervisor, broker: import('./rabbitmq/users.js').Broker }>}
 */
export async function startSystem({
  stateDirectory,
  progress,
  shutdown,
  port,
  giveUp,
  reach = async (servers) => servers,
}) {
  const printLine = (line) => progress.line(line);
  const servers = { shutdown, printLine, giveUp };
  const failed = (error) => {
    giveUp(error); // at once, and not when all the others have come to their end
    throw error;
  };
  const step = (label, work) => (shutdown.requested ? stopped() : progress.step(label, work).catch(failed));
  if (settingsAreGiven()) await step('settings', () => checkedSettings(progress));
  let starting;
  const address = new Promise((resolve) => (starting = resolve));
  const rabbit = step('RabbitMQ', (note) => broker(stateDirectory, note, starting, servers));
  const built = install(progress).then(() => {
    const urls = step('PostgreSQL', (note) => database(stateDirectory, note, servers)).then(({ url }) =>
      step('databases', (note) => prepareDatabases(url, stateDirectory, { note, printLine })),
    );
    return waitForAll([urls, shutdown.requested ? stopped() : build(progress).catch(failed)]);
  });
  // The race, because a broker that fails to start may have no address.
  const known = waitForAll([Promise.race([address, rabbit]), built]).then(([found]) =>
    withUsers(stateDirectory, found, { ours: !process.env.AMQP_URL }).catch(failed),
  );
  const topology = waitForAll([known, rabbit]).then(([found]) =>
    step('topology', (note) => applyTopology({ found, stateDirectory, printLine, note, shutdown })),
  );
  const supervisor = new Supervisor({ stateDirectory, printLine });
  const services = startable({ stateDirectory, known, built, topology }).then(([found, [databases]]) =>
    step('services', async (note) => {
      await shutdown.add('services', () => supervisor.stop());
      await supervisor.start(
        builtServices(),
        { ...(await reach({ broker: found, databases })), secrets: secretsOf(stateDirectory), port },
        rabbit,
      );
      note(describeServices());
      await supervisor.ready();
    }),
  );
  const [found] = await waitForAll([rabbit, built, topology, services]);
  return { supervisor, broker: found };
}

/**
 * When the services can start: at once when the broker is known to hold their topology and users, so that they boot while it does;
 * otherwise when it has been applied, for they refuse to work without it.
 */
async function startable({ stateDirectory, known, built, topology }) {
  const [found, ready] = await waitForAll([known, built]);
  const { digestOfMap } = await import('./rabbitmq/topology.js');
  if (stateDirectory.recall('topology')?.digest !== (await digestOfMap(found))) await topology;
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

async function applyTopology({ found, stateDirectory, printLine, note, shutdown }) {
  const { applyMap, digestOfMap, keepTopology } = await import('./rabbitmq/topology.js');
  const { created, corrected, undeliverable } = await applyMap(found);
  if (created?.length) note(`created ${created.length}`);
  for (const what of corrected) printLine(`the broker: put right: ${what}`);
  for (const what of undeliverable) printLine(`the broker: ${what}`);
  if (!found.passwords)
    printLine('every service uses AMQP_URL itself: users of their own take AMQP_MANAGEMENT_URL of an administrator');
  stateDirectory.remember('topology', { digest: await digestOfMap(found) });
  await shutdown.add('topology', keepTopology(found, printLine));
}

function describeServices() {
  const built = builtServices();
  const missing = allServices().filter((service) => !built.includes(service));
  return `${built.length} up${missing.length > 0 ? `, without ${missing.join(', ')}` : ''}`;
}
