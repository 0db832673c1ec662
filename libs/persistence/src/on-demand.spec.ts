import { EXCHANGES, PointsEarned } from '@sluice/contracts';
import { Publisher } from '@sluice/messaging';
import { eventually, factsIn, testBroker, testDatabase, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { OutboxRelay, UnitOfWork } from './index.js';
import { sweep } from './sweep.js';
import { Deposit, messageOf, openBank, schemaSql, tables, type Bank } from './testing/bank.js';

const ID = '0198c0de-0000-7000-8000-000000000001';
const earned = PointsEarned({ orderId: ID, userId: ID, points: 1, balance: 1, version: 1 });

let bank: Bank;
let broker: TestBroker;
let publisher: Publisher;
let relay: OutboxRelay;
let unit: UnitOfWork<typeof tables>;
beforeAll(async () => {
  bank = openBank(await testDatabase('bank', { schemaSql }));
  broker = await testBroker();
  publisher = new Publisher({ url: broker.url });
  await eventually(() => expect(publisher.ready).toBe(true));
});
beforeEach(async () => {
  await bank.clear();
  relay = new OutboxRelay({ pool: bank.pool, publisher });
  unit = new UnitOfWork({ pool: bank.pool, relay, source: 'promotions', tables });
});
afterAll(async () => {
  await relay?.stop();
  await publisher?.close();
  await Promise.all([bank?.close(), broker?.close()]);
});

const decide = (by = unit) =>
  by.change(messageOf(Deposit, { account: 'a', amount: 1 }), {}, () => ({ messages: [earned] }));
const outbox = () => bank.count('outbox');

/** Binds a queue to the fact, and receives what arrives in it. */
async function listen() {
  const channel = await broker.connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, EXCHANGES.events, PointsEarned.type);
  const boundAt = performance.now();
  const received: unknown[] = [];
  await channel.consume(queue, (message) => message && received.push(...factsIn(message)), { noAck: true });
  return { boundAt, received, close: () => channel.close() };
}

it('a fact on demand that no queue takes is deleted as if it had been heard, and the next ones are not stored', async () => {
  await decide();
  await eventually(async () => expect([await outbox(), relay.unheard.has(PointsEarned.type)]).toEqual([0, true]));
  const unreachable = new Publisher({ url: 'amqp://127.0.0.1:1' });
  onTestFinished(() => unreachable.close());
  const neverPublishes = new OutboxRelay({ pool: bank.pool, publisher: unreachable, publishDeadlineMs: 100 });
  const other = new UnitOfWork({ pool: bank.pool, relay: neverPublishes, source: 'promotions', tables });
  await decide(other);
  expect(await outbox()).toBe(1);
  neverPublishes.unheard.add(PointsEarned.type, performance.now());
  await decide(other);
  expect(await outbox()).toBe(1);
});

it('a fact on demand that a crash left behind, and that no queue takes, is swept', async () => {
  await decide(bank.open());
  expect(await outbox()).toBe(1);
  await bank.rows(`UPDATE outbox SET created_at = created_at - interval '1 hour'`);
  expect(await sweep(bank.pool, publisher, 1_000, () => true)).toMatchObject({ published: 1, refused: 0 });
  expect(await outbox()).toBe(0);
});

it('a queue receives each fact on demand that is decided a second or more after its binding', async () => {
  await decide();
  await eventually(() => expect(relay.unheard.has(PointsEarned.type)).toBe(true));
  const { boundAt, received, close } = await listen();
  await eventually(() => expect(performance.now() - boundAt).toBeGreaterThanOrEqual(1_000));
  const before = received.length;
  await Promise.all(Array.from({ length: 5 }, () => decide()));
  await eventually(async () => expect([received.length, await outbox()]).toEqual([before + 5, 0]));
  expect(relay.unheard.has(PointsEarned.type)).toBe(false);
  await close();
});
