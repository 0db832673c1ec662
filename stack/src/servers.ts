// @ts-nocheck
import { setTimeout as sleep } from 'node:timers/promises';
import { endPostgres, startPostgres } from './postgres/postgres.js';
import { endRabbit, startRabbit } from './rabbitmq/rabbitmq.js';

/**
 * Starts a server of ours and starts it again whenever it ends by itself.
 * @template {{ ended: Promise<unknown> }} S
 * @param {string} name @param {{ start: () => Promise<S>, end: () => Promise<void> }} server end: also when it is only half started
 * @param {{ shutdown: import('./shutdown.js').Shutdown, say: (line: string) => void, giveUp: (error: Error) => void }} options
 * @returns {Promise<S>} the first one; later ones have the same address
 */
async function keepServer(name, { start, end }, { shutdown, printLine, giveUp }) {
  let starting = start();
  await shutdown.add(name, () => endFor(starting, end));
  const first = await starting;
  const watch = async (server) => {
    await server.ended;
    await sleep(PAUSE_MS);
    if (shutdown.requested) return;
    printLine(`${name} has ended; starting it again`);
    starting = start();
    await watch(await starting);
  };
  watch(first).catch(giveUp);
  return first;
}

/** Before a new try, so that a server that cannot live does not keep us busy. */
const PAUSE_MS = 500;

/** Twice, because a start that is under way may have spawned the server after the first time. */
async function endFor(starting, end) {
  await end();
  await starting.catch(() => {});
  await end();
}

/**
 * The broker that was given, or a private one.
 * @param {(address: { url: string, managementUrl?: string }) => void} starting told the address before the broker is ready
 * @returns {Promise<{ url: string, managementUrl?: string }>}
 */
export async function broker(stateDirectory, note, starting, options) {
  const { AMQP_URL: url, AMQP_MANAGEMENT_URL: managementUrl } = process.env;
  if (!url)
    return keepServer(
      'RabbitMQ',
      { start: () => startRabbit(stateDirectory, { note: note, starting }), end: () => endRabbit(stateDirectory) },
      options,
    );
  note('the one of AMQP_URL');
  starting({ url, managementUrl });
  return { url, managementUrl };
}

/** The server that was given, or a private one. @returns {Promise<{ url: string }>} */
export async function database(stateDirectory, note, options) {
  const { DATABASE_URL: url } = process.env;
  if (url) note('the one of DATABASE_URL');
  if (url) return { url };
  return keepServer(
    'PostgreSQL',
    { start: () => startPostgres(stateDirectory), end: () => endPostgres(stateDirectory) },
    options,
  );
}
