// @ts-nocheck
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { accepts } from '@sluice/stack/ports';
import { runningPostgres } from '@sluice/stack/postgres/postgres';
import { runningNode } from '@sluice/stack/rabbitmq/rabbitmq';

const EVERY_MS = 200;

/**
 * Called before the fault: tells later when a server that it has killed takes clients again. What comes after that is the
 * services' own recovery.
 * @param {import('./plan.js').Fault} fault @param {import('./system.js').Victim} victim
 * @returns {(until: number) => Promise<number | undefined>} ms since the epoch; undefined when it was none of a server, or the time is up
 */
export function returnOf({ parts }, { stateDirectory }) {
  const server = parts.map(({ kind }) => SERVERS[kind]).find(Boolean);
  const killed = server?.process(stateDirectory);
  return async (until) => {
    for (; server && Date.now() < until; await sleep(EVERY_MS)) {
      const record = server.process(stateDirectory); // it may take a moment to die
      if (record && record.pid !== killed?.pid && (await server.takesClients(stateDirectory))) return Date.now();
    }
    return undefined;
  };
}

const SERVERS = {
  'kill-broker': {
    process: runningNode,
    takesClients: (stateDirectory) => accepts(stateDirectory.recall('rabbitmq').ports.amqp),
  },
  'kill-postgres': {
    process: runningPostgres,
    takesClients: (stateDirectory) => opens(stateDirectory.recall('postgres')),
  },
};

/** @param {import('@sluice/stack/state-directory').Home} stateDirectory @returns {Record<string, number | undefined>} the processes of now, by server */
export const serverPids = (stateDirectory) => ({
  RabbitMQ: runningNode(stateDirectory)?.pid,
  PostgreSQL: runningPostgres(stateDirectory)?.pid,
});

/** A PostgreSQL that still recovers accepts connections and then refuses them. */
async function opens({ port, password }) {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password,
    database: 'postgres',
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
