import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { Controller, Module } from '@nestjs/common';
import {
  AlertWatchers,
  FindFilledInboxes,
  GetInboxEntries,
  ListNotifications,
  type Reply,
  UnwatchProduct,
  WatchProduct,
} from '@sluice/contracts';
import { MessageClient, On } from '@sluice/messaging';
import {
  canStartBroker,
  eventually,
  privateBroker,
  privatePostgres,
  testBroker,
  testDatabase,
  type PrivateBroker,
  type PrivatePostgres,
  type TestBroker,
  type TestDatabase,
} from '@sluice/testing';
import { issueClient, issueServer, makeAuthority, type Certificate } from '@sluice/testing/certificates';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startService, type ServiceOptions } from './run-service.js';

@Controller()
class Quiet {
  constructor(
    readonly client: MessageClient,
    readonly pool: Pool,
  ) {}

  @On(ListNotifications)
  async list(): Promise<Reply<typeof ListNotifications>> {
    return { items: [] };
  }

  @On(GetInboxEntries)
  async entries(): Promise<Reply<typeof GetInboxEntries>> {
    return { items: [], last: 0 };
  }

  @On(FindFilledInboxes)
  async filled(): Promise<Reply<typeof FindFilledInboxes>> {
    return { filled: [] };
  }

  @On(WatchProduct)
  async watch(): Promise<void> {}

  @On(UnwatchProduct)
  async unwatch(): Promise<void> {}

  @On(AlertWatchers)
  async alert(): Promise<void> {}
}

class QuietModule {}
Module({ controllers: [Quiet] })(QuietModule);

const SERVICE: ServiceOptions = { name: 'notifications', module: QuietModule, database: true };
const [authority, stranger] = await Promise.all([makeAuthority(), makeAuthority('Somebody else')]);

/** Certificates for 127.0.0.1 only: for the host name localhost they are not valid. */
let ours: Certificate;
let servers: { rabbit: PrivateBroker; postgres: PrivatePostgres };
let broker: TestBroker;
let database: TestDatabase;

beforeAll(async () => {
  const server = await issueServer(authority, ['127.0.0.1']);
  ours = await issueClient(authority, 'notifications');
  for (const [name, value] of Object.entries({
    AMQP_CA: authority.cert,
    AMQP_CLIENT_CERT: ours.cert,
    AMQP_CLIENT_KEY: ours.key,
  }))
    vi.stubEnv(name, value); // used by testBroker, like npm run topology
  const [rabbit, postgres] = await Promise.all([
    privateBroker({ tls: { ca: authority.cert, server, client: ours } }),
    privatePostgres({ server }),
  ]);
  servers = { rabbit, postgres };
  [broker, database] = await Promise.all([
    testBroker({ server: rabbit }),
    testDatabase('notifications', { server: postgres.url }),
  ]);
}, 60_000);
afterAll(async () => {
  await Promise.allSettled([broker.close(), database.close()]);
  await Promise.all([servers.rabbit.close(), servers.postgres.close()]);
});

type Environment = Record<string, string | undefined>;
const environment = (more: Environment = {}): Environment => ({
  LOG_LEVEL: 'silent',
  AMQP_URL: broker.url,
  AMQP_CA: authority.cert,
  AMQP_CLIENT_CERT: ours.cert,
  AMQP_CLIENT_KEY: ours.key,
  DATABASE_URL: `${database.url}?sslmode=verify-full`,
  DATABASE_CA: authority.cert,
  ...more,
});
const starting = (more: Environment): Promise<unknown> =>
  startService(SERVICE, environment(more)).then(({ stop }) => stop());
const byName = (url: string): string => url.replace('127.0.0.1', 'localhost');

describe.runIf(canStartBroker)('a service with TLS', () => {
  it('works, and both servers report its connections as encrypted', async () => {
    const service = await startService(SERVICE, environment());
    const { client, pool } = service.app.get(Quiet);
    expect(
      await client.request(
        ListNotifications,
        { userId: '00000000-0000-7000-8000-00000000000a' },
        { deadlineMs: 5_000 },
      ),
    ).toEqual({ items: [] });
    expect((await pool.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows).toEqual([
      { ssl: true },
    ]);
    const encrypted = { ssl: true, peer_cert_subject: 'CN=notifications' };
    // The broker updates its list of connections every few seconds.
    await eventually(async () => expect(await connectionsOf('notifications')).toMatchObject([encrypted, encrypted]));
    await service.stop();
  });

  const refused: [string, () => Environment, RegExp][] = [
    [
      'a broker whose authority it does not trust',
      () => ({ AMQP_CA: stranger.cert }),
      /^RabbitMQ cannot be used: .+ is not issued by an authority that is trusted here: AMQP_CA must /,
    ],
    ['a broker that Node.js would have to know', () => ({ AMQP_CA: undefined }), /AMQP_CA must hold/],
    [
      'a broker of another name',
      () => ({ AMQP_URL: byName(broker.url) }),
      /^RabbitMQ cannot be used: .+ not for the host that AMQP_URL names: .*localhost/,
    ],
    [
      'to speak plain text to a port for TLS',
      () => ({
        AMQP_URL: broker.url.replace('amqps:', 'amqp:'),
        AMQP_CA: undefined,
        AMQP_CLIENT_CERT: undefined,
        AMQP_CLIENT_KEY: undefined,
      }),
      /^RabbitMQ cannot be used: the port that AMQP_URL names speaks TLS, and AMQP_URL says amqp:\/\/\. Make it amqps:\/\/\.$/,
    ],
    [
      'to speak TLS to a port without',
      () => ({ AMQP_URL: String(process.env['AMQP_URL']).replace('amqp:', 'amqps:') }),
      /^RabbitMQ cannot be used: the port that AMQP_URL names does not speak TLS/,
    ],
    [
      'a database whose authority it does not trust',
      () => ({ DATABASE_CA: stranger.cert }),
      /^the database \S+ on 127\.0\.0\.1:\d+ cannot be used: .+: DATABASE_CA must /,
    ],
    [
      'a database of another name',
      () => ({ DATABASE_URL: byName(environment()['DATABASE_URL']!) }),
      /not for the host that DATABASE_URL names: .*localhost/,
    ],
    [
      'a database without TLS, when it asks for it',
      () => ({ DATABASE_URL: `${process.env['DATABASE_URL']}?sslmode=verify-full` }),
      /it has no TLS, and DATABASE_URL asks for it by its sslmode$/,
    ],
  ];

  it.each(refused)('refuses %s, in one line that names what to correct', async (_, more, line) => {
    await expect(starting(more())).rejects.toThrow(line);
  });

  it.each([
    ['none', () => ({ AMQP_CLIENT_CERT: undefined, AMQP_CLIENT_KEY: undefined })],
    [
      'one that somebody else issued',
      async () =>
        issueClient(stranger, 'notifications').then(({ cert, key }) => ({
          AMQP_CLIENT_CERT: cert,
          AMQP_CLIENT_KEY: key,
        })),
    ],
  ])('is refused by a broker that asks for a certificate, and has %s', async (_, more) => {
    await expect(starting(await more())).rejects.toThrow(
      /^RabbitMQ cannot be used: the server asks for a client's certificate that it trusts: AMQP_CLIENT_CERT must hold one/,
    );
  });

  it('refuses a broker whose certificate has expired', async () => {
    const lastMonth = new Date(Date.now() - 30 * 86_400_000);
    const expired = createServer(await issueServer(authority, ['127.0.0.1'], { from: lastMonth, days: 7 })).listen(
      0,
      '127.0.0.1',
    );
    await once(expired, 'listening');
    const { port } = expired.address() as AddressInfo;
    await expect(starting({ AMQP_URL: `amqps://127.0.0.1:${port}` })).rejects.toThrow(
      /^RabbitMQ cannot be used: the certificate of the server that AMQP_URL names is not valid today/,
    );
    expired.close();
  });

  it('reports how to connect to a database that accepts only TLS', async () => {
    await letInWithTlsOnly(database.pool);
    await expect(starting({ DATABASE_URL: database.url, DATABASE_CA: undefined })).rejects.toThrow(
      /it takes TLS only\. Add sslmode=verify-full to DATABASE_URL$/,
    );
  });
});

interface Connection {
  ssl: boolean;
  peer_cert_subject: string;
  client_properties?: { connection_name?: string };
}

const connectionsOf = async (service: string): Promise<Connection[]> =>
  (await broker.management.get<Connection[]>('connections')).filter(({ client_properties }) =>
    client_properties?.connection_name?.startsWith(`${service} `),
  );

/** Allows only TLS connections in pg_hba.conf, like an administrator, for the user of these tests. */
async function letInWithTlsOnly(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ hba_file: string }>('SHOW hba_file');
  await pool.query(
    `COPY (SELECT unnest(ARRAY['hostssl all all 127.0.0.1/32 scram-sha-256'])) TO '${rows[0]!.hba_file}'`,
  );
  await pool.query('SELECT pg_reload_conf()');
}
