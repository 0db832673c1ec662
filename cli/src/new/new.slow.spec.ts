import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { event, Id, operationsAt, OrderCompleted, query } from '@sluice/contracts';
import { MessageClient } from '@sluice/messaging';
import { freePort } from '@sluice/stack/ports';
import {
  eventually,
  facts,
  publish,
  testBroker,
  testDatabase,
  type Facts,
  type TestBroker,
  type TestDatabase,
} from '@sluice/testing';
import { borrowPackages, cloneOf, copyCheckout, type CheckoutCopy } from '@sluice/testing/checkout-copy';
import { SERVICES } from '@sluice/topology';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

/** Installs, compiles and lints on a machine that may be busy. Milliseconds. */
const SLOW = 900_000;

/** The messages of the generated service, as another program would describe them. */
const Count = query('loyalty.count', z.object({ userId: Id }), z.object({ orders: z.int() }));
const Earned = event('loyalty.earned', z.object({ userId: Id, version: z.int() }));

let author: CheckoutCopy;
let clone: CheckoutCopy;
beforeAll(async () => {
  author = copyCheckout();
  borrowPackages(author);
  await author.command('new', 'service', 'loyalty');
  author.commit();
  await author.command('new', 'event', 'loyalty.earned');
  await author.command('new', 'consumer', 'loyalty', 'order.cancelled');
  author.edit('apps/loyalty/src/loyalty.ts', publishing);
  author.commit();
  clone = cloneOf(author);
}, SLOW);
afterAll(() => {
  author?.remove();
  clone?.remove();
});

/** The one edit that docs/add-a-service.md shows: the rule returns the fact. */
const publishing = (text: string): string =>
  text
    .replace('import type { Data, OrderCompleted }', 'import { LoyaltyEarned, type Data, type OrderCompleted }')
    .replace('  return {\n', '  return {\n    messages: [LoyaltyEarned({ userId, version: version + 1 })],\n');

describe.sequential('in a fresh clone, what npm run new has made', () => {
  it('is installed by npm ci, builds, and passes its tests', { timeout: SLOW }, async () => {
    await clone.run('npm', 'ci', '--prefer-offline', '--no-audit', '--no-fund');
    await clone.command('build');
    expect(await clone.command('test', 'apps/loyalty', 'cli/src/repository')).toMatch(/\n\d+ passed, 0 failed\n/);
  });

  it('passes lint', { timeout: SLOW }, async () => {
    await clone.run('npx', 'eslint', 'apps/loyalty', 'apps/gateway/src/loyalty', 'libs/contracts/src');
  });

  it('has migrations that agree with its schema', { timeout: SLOW }, async () => {
    expect(await clone.command('migrate', 'check', 'loyalty')).toContain('loyalty: migrations and schema.prisma agree');
  });
});

describe('the generated service, started as a process', () => {
  let broker: TestBroker;
  let database: TestDatabase;
  let service: ChildProcess;
  let client: MessageClient;
  let received: Facts;

  beforeAll(async () => {
    const ops = Object.values(operationsAt('loyalty'));
    const loyalty = { queries: [Count], events: ['order.completed', 'order.cancelled'], ops };
    [broker, database] = await Promise.all([
      testBroker({ services: { ...SERVICES, loyalty } }),
      testDatabase('loyalty', { schemaSql: migrationOf(clone) }),
    ]);
    received = await facts(broker);
    service = await start();
    client = new MessageClient({ url: broker.url, source: 'spec' });
    await eventually(() => expect(client.publisher.ready).toBe(true));
  }, SLOW);
  afterAll(async () => {
    await client?.close();
    if (service?.exitCode === null) await stop(service);
    await Promise.all([broker?.close(), database?.close()]);
  });

  it('answers its query, and counts and reports a fact once that is delivered twice', { timeout: SLOW }, async () => {
    const userId = randomUUID();
    const fact = { orderId: randomUUID(), userId, version: 9, total: { amount: 1_999, currency: 'USD' } };
    const messageId = randomUUID();
    expect(await countOf(userId)).toBe(0);
    for (let delivery = 1; delivery <= 2; delivery++)
      await publish(broker, OrderCompleted, fact, { properties: { messageId } });
    const other = { ...fact, orderId: randomUUID() };
    await publish(broker, OrderCompleted, other);
    await eventually(async () => expect(await countOf(userId)).toBe(2));
    await eventually(() => expect(versionsOf(userId)).toEqual([1, 2]));
    await stop(service); // it settles what it has, and publishes what its outbox holds
    expect(versionsOf(userId)).toEqual([1, 2]);
    expect((await database.pool.query('SELECT count(*)::int AS n FROM inbox')).rows).toEqual([{ n: 2 }]);
  });

  const countOf = async (userId: string) => (await client.request(Count, { userId }, { deadlineMs: 30_000 })).orders;
  const versionsOf = (userId: string) =>
    received
      .of(Earned, (fact) => fact.userId === userId)
      .map(({ version }) => version)
      .sort();

  async function start(): Promise<ChildProcess> {
    const port = String(await freePort());
    const env = { PATH: process.env['PATH'], DATABASE_URL: database.url, AMQP_URL: broker.url, HEALTH_PORT: port };
    const child = spawn(process.execPath, [clone.at('apps/loyalty/dist/main.js')], { env, stdio: 'ignore' });
    await eventually(async () => expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200), {
      withinMs: 60_000,
    });
    return child;
  }
});

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function migrationOf(copy: CheckoutCopy): string {
  const folder = 'prisma/loyalty/migrations';
  const [first = ''] = readdirSync(copy.at(folder)).filter((name) => name.endsWith('_init'));
  return copy.read(`${folder}/${first}/migration.sql`);
}
