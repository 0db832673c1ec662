import { setTimeout as sleep } from 'node:timers/promises';
import { startRabbit } from './rabbitmq.mjs';

/**
 * Starts a server of ours and starts it again whenever it ends by itself.
 * @template {{ ended: Promise<unknown>, stop: () => Promise<void> }} S
 * @param {string} name @param {() => Promise<S>} start
 * @param {{ shutdown: import('./shutdown.mjs').Shutdown, say: (line: string) => void, giveUp: (error: Error) => void }} options
 * @returns {Promise<S>} the first one; later ones have the same address
 */
export async function keepServer(name, start, { shutdown, say, giveUp }) {
  let current = await start();
  await shutdown.add(name, () => current.stop());
  const watch = async () => {
    for (;;) {
      await current.ended;
      if (shutdown.requested) return;
      say(`${name} has ended; starting it again`);
      await sleep(500);
      if (shutdown.requested) return;
      current = await start();
      if (shutdown.requested) await current.stop();
    }
  };
  watch().catch(giveUp);
  return current;
}

/** The broker that was given, or a private one. @returns {Promise<{ url: string, managementUrl?: string }>} */
export async function broker(home, tell, options) {
  const { AMQP_URL: url, AMQP_MANAGEMENT_URL: managementUrl } = process.env;
  if (url) tell('the one of AMQP_URL');
  return url ? { url, managementUrl } : keepServer('RabbitMQ', () => startRabbit(home, { note: tell }), options);
}

/** The server that was given, or a private one. @returns {Promise<{ url: string }>} */
export async function database(home, tell, options) {
  const { DATABASE_URL: url } = process.env;
  if (url) tell('the one of DATABASE_URL');
  if (url) return { url };
  const { startPostgres } = await import('./postgres.mjs');
  return keepServer('PostgreSQL', () => startPostgres(home), options);
}
