import { build } from './build/build.js';
import type { Note, Progress } from './progress.js';
import { endRabbit } from './rabbitmq/rabbitmq.js';
import { withUsers, type Broker } from './rabbitmq/users.js';
import { broker, database } from './servers.js';
import type { Servers } from './services/environment.js';
import { secretsOf } from './services/secrets.js';
import { checkSettings, settingsAreCompiled, settingsAreGiven } from './services/settings.js';
import { Supervisor } from './services/supervisor.js';
import type { Shutdown } from './shutdown.js';
import type { StateDirectory } from './state-directory.js';
import { Switching } from './switches/switching.js';
import { waitForAll } from './wait-for-all.js';
import { allServices, builtServices } from './workspace.js';

export interface SystemOptions {
  stateDirectory: StateDirectory;
  progress: Progress;
  shutdown: Shutdown;
  /** Of the gateway. */
  port: number;
  /** Called at the first failure, also at one of a later day: a server of ours that cannot be started again. */
  giveUp: (error: unknown) => void;
  /** Whether the control room may switch things (docs/decisions/0043, 0049). */
  isSwitched?: boolean;
  /** How the services reach their servers, when not directly. */
  reach?: (servers: Servers) => Promise<Servers>;
  /** Whose migrations, map and services it is made of, compiled; absent: ours. */
  checkout?: string | undefined;
}

/** Brings the whole system up, everything as early as it can be: the broker boots while the rest is built. */
export async function startSystem(options: SystemOptions): Promise<{ supervisor: Supervisor; broker: Broker }> {
  const { stateDirectory, progress, shutdown, port, giveUp, checkout } = options;
  const { isSwitched, reach = async (servers) => servers } = options;
  const printLine = (line: string): void => progress.line(line);
  const killBroker = process.env['AMQP_URL'] ? undefined : () => endRabbit(stateDirectory, 'SIGKILL');
  const switching = isSwitched ? new Switching(killBroker) : undefined;
  const servers = { shutdown, printLine, giveUp, brokerSwitch: switching?.broker };
  const failed = (error: unknown): never => {
    giveUp(error); // at once, and not when all the others have come to their end
    throw error;
  };
  const step = <T>(label: string, work: (note: Note) => Promise<T>): Promise<T> =>
    shutdown.requested ? stopped() : progress.step(label, work).catch(failed);
  if (settingsAreGiven()) await step('settings', () => checkedSettings(progress));

  let starting: (address: Broker) => void = () => {};
  const address = new Promise<Broker>((resolve) => (starting = resolve));
  const rabbit = step('RabbitMQ', (note) => broker(stateDirectory, note, starting, servers));
  const databases = step('PostgreSQL', (note) => database(stateDirectory, note, servers)).then(({ url }) =>
    step('databases', async (note) => {
      const { prepareDatabases } = await import('./databases/prepare.js'); // loads the driver, which takes longer than a short command
      return prepareDatabases(url, stateDirectory, { note, printLine, checkout });
    }),
  );
  const built = waitForAll([databases, shutdown.requested ? stopped() : build(progress).catch(failed)]);
  // The race, because a broker that fails to start may have no address.
  const known = waitForAll([Promise.race([address, rabbit]), built]).then(([found]) =>
    withUsers(stateDirectory, found, { ours: !process.env['AMQP_URL'] }).catch(failed),
  );
  const topology = waitForAll([known, rabbit]).then(([found]) =>
    step('topology', (note) => applyTopology(found, options, note)),
  );
  const supervisor = new Supervisor({ stateDirectory, printLine, hear: switching?.hear });
  const services = mayStart(stateDirectory, known, built, topology).then(([found, [urls]]) =>
    step('services', async (note) => {
      const reached = await reach({ broker: found, databases: urls });
      const settings = {
        ...reached,
        secrets: secretsOf(stateDirectory),
        port,
        ...(checkout !== undefined && { checkout }),
      };
      await switching?.open({ supervisor, broker: reached.broker, port, ...settings.secrets }, shutdown);
      await shutdown.add('services', () => supervisor.stop());
      await supervisor.start(builtServices(checkout), settings, rabbit);
      note(describeServices());
      await supervisor.ready();
    }),
  );
  const [found] = await waitForAll([rabbit, built, topology, services]);
  return { supervisor, broker: found };
}

type Built = [databases: Record<string, string>, build: void];

/**
 * Services refuse to work without their topology and users. When those are known to be on the broker, services boot
 * while it does; otherwise once they have been applied.
 */
async function mayStart(
  stateDirectory: StateDirectory,
  known: Promise<Broker>,
  built: Promise<Built>,
  topology: Promise<void>,
): Promise<[Broker, Built]> {
  const [found, ready] = await waitForAll([known, built]);
  const { digestOfMap } = await import('./rabbitmq/topology.js');
  if (stateDirectory.recall('topology')?.digest !== digestOfMap(found)) await topology;
  return [found, ready];
}

/** Before any server: what they are checked by is compiled first where it is not there yet, or is of older sources. */
async function checkedSettings(progress: Progress): Promise<void> {
  if (!settingsAreCompiled()) await build(progress);
  await checkSettings();
}

const stopped = (): Promise<never> => Promise.reject(new Error('stopped while starting'));

async function applyTopology(found: Broker, options: SystemOptions, note: Note): Promise<void> {
  const { stateDirectory, progress, shutdown } = options;
  const printLine = (line: string): void => progress.line(line);
  const { applyMap, applyMapOf, digestOfMap, keepTopology } = await import('./rabbitmq/topology.js');
  if (options.checkout !== undefined) return applyMapOf(options.checkout, found);
  const { created, corrected, undeliverable } = await applyMap(found);
  if (created?.length) note(`created ${created.length}`);
  for (const what of corrected) printLine(`the broker: put right: ${what}`);
  for (const what of undeliverable) printLine(`the broker: ${what}`);
  if (!found.passwords)
    printLine('every service uses AMQP_URL itself: users of their own take AMQP_MANAGEMENT_URL of an administrator');
  stateDirectory.remember('topology', { digest: digestOfMap(found) });
  await shutdown.add('topology', keepTopology(found, printLine));
}

function describeServices(): string {
  const built = builtServices();
  const missing = allServices().filter((service) => !built.includes(service));
  return `${built.length} up${missing.length > 0 ? `, without ${missing.join(', ')}` : ''}`;
}
