import { randomUUID } from 'node:crypto';
import { command, event } from '@sluice/contracts';
import {
  eventually,
  factsIn,
  publish,
  testBroker,
  testDatabase,
  type TestBroker,
  type TestDatabase,
} from '@sluice/testing';
import type { Channel } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Stranger } from './stranger.js';

/** As examples/take-the-libraries defines them. */
const CountVisit = command('counter.count', z.object({ page: z.string() }));
const VisitCounted = event('visit.counted', z.object({ page: z.string(), visits: z.int() }));

const HEARD = 'spec.heard';

describe('the libraries in an empty folder, with a Nest application that is not the shop', () => {
  let stranger: Stranger;
  let broker: TestBroker;
  let database: TestDatabase;
  let channel: Channel;
  let environment: Record<string, string>;

  beforeAll(async () => {
    stranger = await Stranger.install();
    broker = await testBroker({ services: {} });
    database = await testDatabase('visits', { schemaSql: 'SELECT 1' });
    channel = await broker.connection.createChannel();
    environment = { AMQP_URL: broker.url, DATABASE_URL: database.url };
  });
  afterAll(async () => {
    await Promise.all([broker.close(), database.close()]);
    stranger.remove();
  });

  const rows = async (sql: string): Promise<unknown[]> => (await database.pool.query(sql)).rows;
  const visit = (page: string, messageId: string) =>
    publish(broker, CountVisit, { page }, { exchange: 'visits.commands', properties: { messageId } });

  it('pack no tests, and nothing of the shop', () => {
    const { packedFiles } = stranger;
    expect(
      packedFiles.filter((file) => /\.spec\.|testing|tsbuildinfo|\.map$|\.ts$/.test(file) && !/\.d\.ts$/.test(file)),
    ).toEqual([]);
    const contracts = packedFiles.filter((file) => file.startsWith('contracts/'));
    expect(
      contracts.filter((file) => !/^contracts\/(dist\/kit\/[\w.-]+|package\.json|README\.md)$/.test(file)),
    ).toEqual([]);
    for (const library of ['contracts', 'messaging', 'persistence', 'service-kit'])
      expect(packedFiles).toContain(`${library}/README.md`);
  });

  it('give it their types, and those of the examples in their READMEs', async () => {
    stranger.addReadmes();
    await stranger.compile();
  });

  it('make its tables and its queues', async () => {
    const prepare = stranger.run('prepare.js', environment);
    expect(await prepare.exitCode, prepare.output()).toBe(0);
    expect((await channel.checkQueue('counter.commands.dead')).messageCount).toBe(0);
    expect(await rows('SELECT * FROM inbox, outbox, pages')).toEqual([]);
  });

  it('handle a message exactly once that comes twice, and send its own once', async () => {
    await channel.assertQueue(HEARD, { durable: true });
    await channel.bindQueue(HEARD, 'visits.events', VisitCounted.type);
    const counter = stranger.run('main.js', environment);
    const twice = randomUUID();
    await visit('/', twice);
    await visit('/', twice);
    await eventually(
      async () => expect((await channel.checkQueue(HEARD)).messageCount, counter.output()).toBeGreaterThan(0),
      { withinMs: 30_000 },
    );
    await visit('/', twice);
    await visit('/about', randomUUID());
    await eventually(async () => expect(await rows('SELECT * FROM pages')).toHaveLength(2));
    // A service that ends settles what it has taken, and empties its outbox.
    await counter.end('SIGTERM');

    expect(await counter.exitCode, counter.output()).toBe(0);
    expect((await channel.checkQueue('counter.commands')).messageCount).toBe(0);
    expect(await rows('SELECT page, visits FROM pages ORDER BY page')).toEqual([
      { page: '/', visits: 1 },
      { page: '/about', visits: 1 },
    ]);
    expect(await rows('SELECT id FROM outbox')).toEqual([]);
    expect(await heard()).toEqual([
      { page: '/', visits: 1 },
      { page: '/about', visits: 1 },
    ]);
  });

  async function heard(): Promise<unknown[]> {
    const facts: unknown[] = [];
    for (let message = await channel.get(HEARD); message; message = await channel.get(HEARD))
      facts.push(...factsIn(message).map(({ data }) => VisitCounted.schema.parse(data)));
    return facts;
  }
});
