import { Publisher } from '@sluice/messaging';
import { eventually, testDatabase } from '@sluice/testing';
import { register } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool, OutboxRelay } from './index.js';
import { Deposit, depositInto, messageOf, openBank, schemaSql, type Bank } from './testing/bank.js';

let bank: Bank;
let relay: OutboxRelay;
let publisher: Publisher;
beforeAll(async () => {
  register.resetMetrics(); // other files have committed in this process
  bank = openBank(await testDatabase('bank', { schemaSql }));
  publisher = new Publisher({ url: 'amqp://127.0.0.1:1' });
  relay = new OutboxRelay({ pool: bank.pool, publisher, sweepEveryMs: 600_000 });
});
afterAll(async () => {
  await Promise.all([relay.stop(), publisher.close()]);
  await bank.close();
});

/** Returns the samples of one metric, as a scrape shows them. */
async function scraped(name: string): Promise<Record<string, number>> {
  const lines = (await register.getSingleMetricAsString(name))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}
const deposit = (count: number) => {
  const unit = bank.open({ publishBatches: false });
  return Promise.all(
    Array.from({ length: count }, (_, n) => depositInto(unit, messageOf(Deposit, { account: `a${n % 5}`, amount: 1 }))),
  );
};

it('counts every commit, with its size and its duration', async () => {
  await deposit(7);
  const sizes = await scraped('sluice_batch_messages');
  expect(sizes).toMatchObject({
    sluice_batch_messages_count: 1,
    sluice_batch_messages_sum: 7,
    'sluice_batch_messages_bucket{le="5"}': 0,
    'sluice_batch_messages_bucket{le="10"}': 1,
  });
  const times = await scraped('sluice_batch_seconds');
  expect(times).toMatchObject({ sluice_batch_seconds_count: 1 });
  expect(times['sluice_batch_seconds_sum']).toBeLessThan(10);
});

describe('the outbox', () => {
  it('has no metrics until a relay has started', async () => {
    expect([await scraped('sluice_outbox_rows'), await scraped('sluice_outbox_oldest_seconds')]).toEqual([{}, {}]);
  });

  it('shows how many messages wait, and the age of the oldest', async () => {
    await bank.clear();
    relay.start();
    expect([await scraped('sluice_outbox_rows'), await scraped('sluice_outbox_oldest_seconds')]).toEqual([
      { sluice_outbox_rows: 0 },
      { sluice_outbox_oldest_seconds: 0 },
    ]);
    await deposit(12);
    await bank.rows(
      `UPDATE outbox SET created_at = now() - interval '1 minute' WHERE id = (SELECT id FROM outbox ORDER BY id LIMIT 1)`,
    );
    const [rows, oldest] = await Promise.all([scraped('sluice_outbox_rows'), scraped('sluice_outbox_oldest_seconds')]);
    expect(rows).toEqual({ sluice_outbox_rows: 12 });
    expect(oldest['sluice_outbox_oldest_seconds']).toBeGreaterThanOrEqual(60);
    expect(oldest['sluice_outbox_oldest_seconds']).toBeLessThan(90);
  });

  it('is an estimate when it is large', async () => {
    await bank.rows(`INSERT INTO outbox SELECT gen_random_uuid(), '{}', now() FROM generate_series(1, 30000)`);
    expect((await scraped('sluice_outbox_rows'))['sluice_outbox_rows']).toBeGreaterThanOrEqual(10_000);
    await bank.rows('ANALYZE outbox');
    const { sluice_outbox_rows: rows } = await scraped('sluice_outbox_rows');
    expect(Math.abs(rows! - 30_012)).toBeLessThan(1_000);
    await bank.clear();
  });

  it('is left out within about a second when the database does not respond, and shown again when it does', async () => {
    const client = await bank.pool.connect();
    await client.query('BEGIN; LOCK outbox IN ACCESS EXCLUSIVE MODE');
    const began = performance.now();
    const answers = await Promise.all([scraped('sluice_outbox_rows'), scraped('sluice_outbox_oldest_seconds')]);
    expect([answers, performance.now() - began < 1_900]).toEqual([[{}, {}], true]);
    expect((await scraped('sluice_pool_connections'))['sluice_pool_connections{state="busy"}']).toBe(2);
    await client.query('ROLLBACK');
    client.release();
    await eventually(async () => expect(await scraped('sluice_outbox_rows')).toEqual({ sluice_outbox_rows: 0 }));
  });

  it('of an unreachable database is left out, and no scrape fails', async () => {
    const pool = createPool('postgresql://nobody@127.0.0.1:1/nowhere');
    const lost = new OutboxRelay({ pool, publisher });
    lost.start();
    expect(await scraped('sluice_outbox_rows')).toEqual({});
    await lost.stop();
    await pool.end();
    expect(await scraped('sluice_outbox_rows')).toEqual({ sluice_outbox_rows: 0 });
  });
});

it('shows the connections of the pool by their state, until the relay stops', async () => {
  const client = await bank.pool.connect();
  // The relay's sweep takes a connection of its own now and then.
  await eventually(async () =>
    expect(await scraped('sluice_pool_connections')).toMatchObject({
      'sluice_pool_connections{state="busy"}': 1,
      'sluice_pool_connections{state="waiting"}': 0,
    }),
  );
  client.release();
  await relay.stop();
  expect(await scraped('sluice_pool_connections')).toEqual({});
});
