import { queryRows } from '@sluice/stack/databases/query-rows';
import { accepts } from '@sluice/stack/ports';
import { runningPostgres } from '@sluice/stack/postgres/postgres';
import type { ProcessRecord } from '@sluice/stack/processes';
import { runningNode } from '@sluice/stack/rabbitmq/rabbitmq';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { until } from '@sluice/stack/until';
import type { Fault } from './plan.js';

const POLL_MS = 200;

interface Server {
  process: (stateDirectory: StateDirectory) => ProcessRecord | undefined;
  takesClients: (stateDirectory: StateDirectory) => Promise<boolean>;
}

const SERVERS: Readonly<Record<string, Server>> = {
  'kill-broker': {
    process: runningNode,
    takesClients: async (stateDirectory) => {
      const port = stateDirectory.recall('rabbitmq')?.ports?.amqp;
      return port !== undefined && (await accepts(port));
    },
  },
  'kill-postgres': { process: runningPostgres, takesClients: postgresTakesClients },
};

/** A PostgreSQL that still recovers accepts connections and then refuses them. */
async function postgresTakesClients(stateDirectory: StateDirectory): Promise<boolean> {
  const { port, password } = stateDirectory.recall('postgres') ?? {};
  return queryRows(`postgresql://postgres:${password}@127.0.0.1:${port}/postgres`, 'SELECT 1').then(
    () => true,
    () => false,
  );
}

/**
 * Called before the fault. What comes after the return of a server is the services' own recovery.
 * @returns waits until the server that the fault has killed takes clients again: ms since the epoch; undefined when it
 * kills none, or the time is up
 */
export function watchServer(
  { parts }: Fault,
  stateDirectory: StateDirectory,
): (withinMs: number) => Promise<number | undefined> {
  const server = parts.map(({ kind }) => SERVERS[kind]).find((one) => one !== undefined);
  const killed = server?.process(stateDirectory);
  const hasReturned = async (server: Server): Promise<number | false> => {
    const record = server.process(stateDirectory); // it may take a moment to die
    return (
      record !== undefined && record.pid !== killed?.pid && (await server.takesClients(stateDirectory)) && Date.now()
    );
  };
  return async (withinMs) => server && until(() => hasReturned(server), { withinMs, everyMs: POLL_MS });
}

/** The process of each server. */
export const serverPids = (stateDirectory: StateDirectory): Record<string, number | undefined> => ({
  RabbitMQ: runningNode(stateDirectory)?.pid,
  PostgreSQL: runningPostgres(stateDirectory)?.pid,
});
