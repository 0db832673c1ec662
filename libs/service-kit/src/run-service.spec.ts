import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { Controller, Inject, Module } from '@nestjs/common';
import {
  AlertWatchers,
  FindFilledInboxes,
  GetInboxEntries,
  ListNotifications,
  type Message,
  type Reply,
  UnwatchProduct,
  WatchProduct,
} from '@sluice/contracts';
import { MessageClient, On, Publisher } from '@sluice/messaging';
import { eventually, testBroker, testDatabase, type TestBroker, type TestDatabase } from '@sluice/testing';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CONFIG } from './providers.js';
import { oneLine } from './run-process.js';
import { startService, type ServiceOptions } from './run-service.js';
import { UnitsOfWork } from './units-of-work.js';

const Config = z.object({ GREETING: z.string() });

@Controller()
class Greeter {
  constructor(
    @Inject(CONFIG) private readonly config: z.output<typeof Config>,
    readonly client: MessageClient,
    readonly publisher: Publisher,
    readonly units: UnitsOfWork,
    readonly pool: Pool,
  ) {}

  @On(ListNotifications)
  async greet({ data }: Message<typeof ListNotifications>): Promise<Reply<typeof ListNotifications>> {
    return { items: [{ id: data.userId, at: new Date().toISOString(), text: this.config.GREETING, about: '' }] };
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

class GreeterModule {}
Module({ controllers: [Greeter] })(GreeterModule);

const SERVICE: ServiceOptions = {
  name: 'notifications',
  module: GreeterModule,
  config: Config,
  database: true,
  invariants: ({ GREETING }) => [{ name: `nobody_said_${String(GREETING)}`, sql: 'SELECT id FROM outbox' }],
};
const USER = '00000000-0000-7000-8000-00000000000a';

let broker: TestBroker;
let database: TestDatabase;
beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker(), testDatabase('accounts')]);
});
afterAll(() => Promise.all([broker.close(), database.close()]));

const environment = (more: Record<string, string> = {}) => ({
  AMQP_URL: broker.url,
  DATABASE_URL: database.url,
  LOG_LEVEL: 'error',
  GREETING: 'hello',
  ...more,
});

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a service', () => {
  it('replies, is ready, and gets its providers', async () => {
    const port = await freePort();
    const service = await startService(SERVICE, environment({ HEALTH_PORT: String(port) }));
    const greeter = service.app.get(Greeter);
    const ready = () => fetch(`http://127.0.0.1:${port}/readyz`);
    await eventually(async () => expect((await ready()).status).toBe(200));
    const { items } = await greeter.client.request(ListNotifications, { userId: USER }, { deadlineMs: 5_000 });
    expect(items[0]!.text).toBe('hello');
    expect(greeter.publisher).toBe(greeter.client.publisher);
    expect(greeter.units.over({ tables: {} })).toHaveProperty('change');
    expect((await greeter.pool.query('SELECT current_database() AS name')).rows[0].name).toBe(
      new URL(database.url).pathname.slice(1),
    );
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain(
      'sluice_invariant_violations{invariant="nobody_said_hello"} 0',
    );
    await service.stop();
    await expect(ready()).rejects.toThrow();
  });

  it('names the variable that prevents its boot', async () => {
    await expect(startService(SERVICE, environment({ GREETING: '' }))).rejects.toThrow(/^GREETING is not set$/);
    await expect(startService(SERVICE, { ...environment(), DATABASE_URL: undefined })).rejects.toThrow(
      /^DATABASE_URL is not set$/,
    );
  });

  it('reports what to do about a database without tables', async () => {
    const empty = new URL(database.url);
    empty.pathname = '/template1';
    await expect(startService(SERVICE, environment({ DATABASE_URL: empty.href }))).rejects.toThrow(
      /template1 on .+ cannot be used: .+npm run migrate/,
    );
  });

  it('reports in one line, without the password, that the database is unreachable', async () => {
    const absent = `postgresql://someone:hunter2@127.0.0.1:${await freePort()}/nowhere`;
    const start = startService(SERVICE, environment({ DATABASE_URL: absent }));
    await expect(start).rejects.toThrow(/^the database nowhere on 127\.0\.0\.1:\d+ cannot be used: .*ECONNREFUSED/);
    await expect(start).rejects.not.toThrow(/hunter2|\n/);
  });
});

describe('oneLine', () => {
  it('makes one line of any error, including one from several addresses', () => {
    expect(oneLine(new Error('first\n  second'))).toBe('first second');
    expect(
      oneLine(new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error('and the other')], '')),
    ).toBe('connect ECONNREFUSED ::1:5432');
    expect(oneLine('text')).toBe('text');
  });
});
