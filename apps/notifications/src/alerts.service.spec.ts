import { randomUUID } from 'node:crypto';
import {
  FindFilledInboxes,
  GetInboxEntries,
  InboxFilled,
  OrderCompleted,
  ProductRestocked,
  UnwatchProduct,
  WatchProduct,
} from '@sluice/contracts';
import { MessageClient } from '@sluice/messaging';
import { broken, type Service, startService } from '@sluice/service-kit';
import {
  eventually,
  facts,
  type Facts,
  publish,
  type TestBroker,
  testBroker,
  type TestDatabase,
  testDatabase,
} from '@sluice/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NotificationsConfig } from './config.js';
import { EndedWatchesSweep } from './ended-watches.sweep.js';
import { AUDITED } from './invariants.js';
import { NotificationsModule } from './notifications.module.js';
import { ALERTED_AT_ONCE } from './watch.js';

/** Two processes, as they run in production: a product's watchers are alerted by both. */
let broker: TestBroker;
let database: TestDatabase;
let client: MessageClient;
let received: Facts;
let services: Service[] = [];

const start = (): Promise<Service> =>
  startService(
    { name: 'notifications', module: NotificationsModule, config: NotificationsConfig, database: true },
    { DATABASE_URL: database.url, AMQP_URL: broker.url, RETRY_TIERS_MS: '100,200', LOG_LEVEL: 'silent' },
  );

beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker({ tiersMs: [100, 200] }), testDatabase('notifications')]);
  received = await facts(broker);
  client = new MessageClient({ url: broker.url, source: 'spec' });
  services = await Promise.all([start(), start()]);
  await eventually(() => expect(client.publisher.ready).toBe(true));
});
afterAll(async () => {
  await client?.close();
  await Promise.all(services.map((service) => service.stop()));
  await Promise.all([broker?.close(), database?.close()]);
});

const watch = (userId: string, sku: string) => client.request(WatchProduct, { userId, sku }, { deadlineMs: 10_000 });
const unwatch = (userId: string, sku: string) =>
  client.request(UnwatchProduct, { userId, sku }, { deadlineMs: 10_000 });
const back = (sku: string, version: number, messageId = randomUUID() as string) =>
  publish(broker, ProductRestocked, { sku, name: `The ${sku}`, available: 5, version }, { properties: { messageId } });
const entriesOf = async (sku: string) =>
  (
    await database.pool.query<{ user_id: string; text: string; count: number }>(
      `SELECT user_id, text, count(*)::int AS count FROM deliveries WHERE about = $1 AND version > 0 AND channel = 'inbox'
       GROUP BY user_id, text ORDER BY user_id`,
      [`products/${sku}`],
    )
  ).rows;
const alerted = (sku: string, counts: Record<string, number>): Promise<void> =>
  eventually(async () =>
    expect(Object.fromEntries((await entriesOf(sku)).map(({ user_id, count }) => [user_id, count]))).toEqual(counts),
  );

it('tells a watcher once at each return, though every fact arrives twice, and nobody after the watch has ended', async () => {
  const [ann, bob] = [randomUUID(), randomUUID()];
  for (const user of [ann, ann, bob]) await watch(user, 'CAP');
  for (const message of ['a1', 'a1', 'a2']) await back('CAP', 3, `00000000-0000-7000-8000-0000000000${message}`);
  await alerted('CAP', { [ann]: 1, [bob]: 1 });
  await unwatch(bob, 'CAP');
  await unwatch(bob, 'CAP');
  await back('CAP', 8);
  await alerted('CAP', { [ann]: 2, [bob]: 1 });
  expect(await entriesOf('CAP')).toContainEqual(expect.objectContaining({ text: 'The CAP is back.' }));
});

it('tells every one of many watchers once, some in each commit', async () => {
  const users = Array.from({ length: 2 * ALERTED_AT_ONCE + 50 }, () => randomUUID());
  await Promise.all(users.map((user) => watch(user, 'SALE')));
  await back('SALE', 12);
  await alerted('SALE', Object.fromEntries(users.map((user) => [user, 1])));
  const { rows } = await database.pool.query<{ most: number }>(
    `SELECT max(count)::int AS most FROM (
       SELECT count(*) FROM deliveries WHERE about = 'products/SALE' GROUP BY created_at
     ) AS commits`,
  );
  expect(rows[0]!.most).toBeLessThanOrEqual(ALERTED_AT_ONCE);
});

it('tells the watchers of a return that happened while every process was down', async () => {
  const ann = randomUUID();
  await watch(ann, 'MUG');
  await Promise.all(services.splice(0).map((service) => service.stop()));
  await back('MUG', 1);
  await back('MUG', 4);
  services = await Promise.all([start(), start()]);
  await alerted('MUG', { [ann]: 2 });
});

it('numbers the entries of an inbox, and lists those after a number or the newest', async () => {
  const [ann, orderId] = [randomUUID(), randomUUID()];
  const entries = (after?: number, limit = 100) =>
    client.request(GetInboxEntries, { userId: ann, after, limit }, { deadlineMs: 10_000 });
  expect(await entries()).toEqual({ items: [], last: 0 });
  await watch(ann, 'TEA');
  for (let version = 1; version <= 3; version++) await back('TEA', version);
  const total = { amount: 1, currency: 'USD' };
  await publish(broker, OrderCompleted, { orderId, userId: ann, version: 9, total });
  await eventually(async () => expect((await entries()).last).toBe(4));
  const { items } = await entries();
  expect(items.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  expect(items.map(({ about }) => about).sort()).toEqual([
    `orders/${orderId}`,
    ...Array<string>(3).fill('products/TEA'),
  ]);
  expect(await entries(2)).toEqual({ items: items.slice(2), last: 4 });
  expect(await entries(1, 2)).toEqual({ items: items.slice(1, 3), last: 4 });
  const after = (known: number) => ({
    inboxes: [
      { userId: ann, after: known },
      { userId: randomUUID(), after: 0 },
    ],
  });
  const filled = (known: number) => client.request(FindFilledInboxes, after(known), { deadlineMs: 10_000 });
  expect(await filled(3)).toEqual({ filled: [{ userId: ann, last: 4 }] });
  expect(await filled(4)).toEqual({ filled: [] });
  expect(await entries(undefined, 1)).toEqual({ items: items.slice(3), last: 4 });
  expect(await entries(4)).toEqual({ items: [], last: 4 });
  expect(received.of(InboxFilled, ({ userIds }) => userIds.includes(ann))).toHaveLength(3);
});

it('deletes a watch that ended more than a day ago, and no other', async () => {
  const [ann, bob, cem] = [randomUUID(), randomUUID(), randomUUID()];
  for (const user of [ann, bob, cem]) await watch(user, 'OLD');
  await Promise.all([unwatch(ann, 'OLD'), unwatch(bob, 'OLD')]);
  await database.pool.query(
    `UPDATE watches SET changed_at = now() - interval '26 hours' WHERE sku = 'OLD' AND user_id <> $1`,
    [bob],
  );
  await services[0]!.app.get(EndedWatchesSweep).sweep();
  const { rows } = await database.pool.query(`SELECT user_id, watching FROM watches WHERE sku = 'OLD'`);
  expect(rows.map(({ user_id }) => user_id as string).sort()).toEqual([bob, cem].sort());
});

it('leaves the invariants of the service intact', async () => {
  for (const invariant of AUDITED) expect(await broken(database.pool, invariant, 10), invariant.name).toEqual([]);
});
