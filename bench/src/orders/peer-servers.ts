import { remove, temporaryStateDirectory } from '@sluice/stack/private-servers';
import { startPostgres } from '@sluice/stack/postgres/postgres';
import { startRabbit } from '@sluice/stack/rabbitmq/rabbitmq';
import pg from 'pg';
import type { BenchRun } from '../benchmark.js';
import { walReader } from './wal.js';

/** A PostgreSQL for one peer, the same program with the same settings as ours, and a RabbitMQ where it needs one. */
export async function startServers({ shutdown }: BenchRun, { rabbit }: { rabbit: boolean }) {
  const stateDirectory = temporaryStateDirectory();
  const stop = (): Promise<void> => remove(stateDirectory);
  await shutdown.add('servers of a peer', stop);
  const [postgres, broker] = await Promise.all([
    startPostgres(stateDirectory),
    rabbit ? startRabbit(stateDirectory) : undefined,
  ]);
  return {
    /** @returns the URL of a new database with these tables */
    createDatabase: (name: string, tables?: string) => createDatabase(postgres.url, name, tables),
    amqpUrl: broker?.url ?? '',
    parts: {
      PostgreSQL: [postgres.process.pid],
      ...(broker?.process && { RabbitMQ: [broker.process.pid] }),
    },
    wal: await walReader(postgres.url),
    stop,
  };
}

async function createDatabase(server: string, name: string, tables?: string): Promise<string> {
  await query(server, `CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  if (tables) await query(url, tables);
  return url;
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
