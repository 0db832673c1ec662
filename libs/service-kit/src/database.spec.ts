import { Publisher } from '@sluice/messaging';
import { eventually, testDatabase, type TestDatabase } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { openDatabase } from './database.js';

let database: TestDatabase;
let publisher: Publisher;
beforeAll(async () => {
  database = await testDatabase('accounts');
  publisher = new Publisher({ url: 'amqp://127.0.0.1:1' });
});
afterAll(async () => {
  await publisher.close();
  await database.close();
});
afterEach(() => vi.useRealTimers());

const remembered = async (): Promise<number> => (await database.pool.query('SELECT FROM inbox')).rowCount!;

it('a service deletes old inbox entries after the retention, and not before it has run for a while', async () => {
  await database.pool.query(
    "INSERT INTO inbox VALUES (gen_random_uuid(), now() - interval '8 days'), (gen_random_uuid(), now() - interval '6 days')",
  );
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { start, close } = await openDatabase(
    { DATABASE_URL: database.url, INBOX_RETENTION_DAYS: 7, PUBLISH_BATCHES: true, PREFETCH: 100 },
    { publisher },
    'accounts',
  );
  start();
  await vi.advanceTimersByTimeAsync(599_000);
  expect(await remembered()).toBe(2);
  await vi.advanceTimersByTimeAsync(2_000);
  await eventually(async () => expect(await remembered()).toBe(1));
  await close();
});
