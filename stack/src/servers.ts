import { setTimeout as sleep } from 'node:timers/promises';
import { endPostgres, startPostgres } from './postgres/postgres.js';
import type { Note } from './progress.js';
import { endRabbit, startRabbit } from './rabbitmq/rabbitmq.js';
import type { Broker } from './rabbitmq/users.js';
import type { Shutdown } from './shutdown.js';
import type { ServerSwitch } from './switches/server-switch.js';
import type { StateDirectory } from './state-directory.js';

export interface ServerOptions {
  shutdown: Shutdown;
  printLine: (line: string) => void;
  /** Called when a server cannot be started again. */
  giveUp: (error: unknown) => void;
  /** Of the control room; may hold the next start of a server back. */
  brokerSwitch?: ServerSwitch | undefined;
}

interface Launcher<S> {
  start(): Promise<S>;
  /** Also a server that is only half started. */
  end(): Promise<void>;
  serverSwitch?: ServerSwitch | undefined;
}

/** Before a new try, so that a server that cannot live does not keep us busy. */
const PAUSE_MS = 500;

/** Starts a server, and again whenever it ends by itself. @returns the first one; later ones have the same address */
async function keepServer<S extends { ended: Promise<unknown> }>(
  name: string,
  { start, end, serverSwitch }: Launcher<S>,
  { shutdown, printLine, giveUp }: ServerOptions,
): Promise<S> {
  let starting = start();
  await shutdown.add(name, async () => {
    await end();
    await starting.catch(() => {});
    await end(); // a start that was under way may have spawned the server after the first time
  });
  const first = await starting;
  const watch = async (server: S): Promise<void> => {
    serverSwitch?.started();
    await server.ended;
    await Promise.all([serverSwitch?.ended(), sleep(PAUSE_MS)]);
    if (shutdown.requested) return;
    printLine(`${name} has ended; starting it again`);
    starting = start();
    await watch(await starting);
  };
  watch(first).catch(giveUp);
  return first;
}

/** The broker that was given, or a private one. @param starting called with the address before the broker is ready */
export async function broker(
  stateDirectory: StateDirectory,
  note: Note,
  starting: (address: Broker) => void,
  options: ServerOptions,
): Promise<Broker> {
  const { AMQP_URL: url, AMQP_MANAGEMENT_URL: managementUrl } = process.env;
  if (!url) {
    const start = () => startRabbit(stateDirectory, { note, starting });
    const { brokerSwitch: serverSwitch } = options;
    return keepServer('RabbitMQ', { start, end: () => endRabbit(stateDirectory), serverSwitch }, options);
  }
  note('the one of AMQP_URL');
  starting({ url, managementUrl });
  return { url, managementUrl };
}

/** The server that was given, or a private one. */
export async function database(
  stateDirectory: StateDirectory,
  note: Note,
  options: ServerOptions,
): Promise<{ url: string }> {
  const { DATABASE_URL: url } = process.env;
  if (!url) {
    const start = () => startPostgres(stateDirectory);
    return keepServer('PostgreSQL', { start, end: () => endPostgres(stateDirectory) }, options);
  }
  note('the one of DATABASE_URL');
  return { url };
}
