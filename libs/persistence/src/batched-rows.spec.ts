import { EXCHANGES } from '@sluice/contracts';
import { factsOf, Publisher, type Delivery } from '@sluice/messaging';
import { eventually, testBroker, testDatabase, type TestBroker } from '@sluice/testing';
import type { ConsumeMessage } from 'amqplib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { OutboxRelay, UnitOfWork, type UnitOfWorkOptions } from './index.js';
import { sweep } from './sweep.js';
import { Deposit, depositInto, messageOf, openBank, schemaSql, tables, type Bank } from './testing/bank.js';

let bank: Bank;
let listener: Bank;
let broker: TestBroker;
let publisher: Publisher;
/** Messages as the broker delivers them. */
const received: ConsumeMessage[] = [];

beforeAll(async () => {
  bank = openBank(await testDatabase('bank', { schemaSql }));
  listener = openBank(await testDatabase('listener', { schemaSql }));
  broker = await testBroker();
  publisher = new Publisher({ url: broker.url });
  const channel = await broker.connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, EXCHANGES.events, '#');
  await channel.consume(queue, (message) => message && received.push(message), { noAck: true });
  await eventually(() => expect(publisher.ready).toBe(true));
});
afterAll(() => Promise.all([bank.close(), listener.close(), publisher.close(), broker.close()]));
beforeEach(async () => {
  await bank.clear();
  received.length = 0;
});

function openUnit(options: Partial<UnitOfWorkOptions<typeof tables>> = {}) {
  const relay = new OutboxRelay({ pool: bank.pool, publisher });
  onTestFinished(() => relay.stop());
  return new UnitOfWork({ pool: bank.pool, relay, source: 'bank', tables, ...options });
}
const deposits = (count: number) =>
  Array.from({ length: count }, (_, n) => messageOf(Deposit, { account: `a${n}`, amount: n + 100 }));
const rowCount = async () => (await bank.rows('SELECT id FROM outbox')).length;
const balancesIn = (message: ConsumeMessage) =>
  factsOf<Delivery>(message).map(({ fact }) => (fact!.data as { balance: number }).balance);

describe('the facts of one commit', () => {
  it('are one row, one publish and one delivery, in the order of the commit, and one inbox entry each', async () => {
    const [unit, handling] = [openUnit(), deposits(30)];
    await Promise.all(handling.map((message) => depositInto(unit, message)));
    await eventually(async () => expect([received.length, await rowCount()]).toEqual([1, 0]));
    expect(balancesIn(received[0]!)).toEqual(handling.map((_, n) => n + 100));

    const listening = listener.open();
    const ids = factsOf(received[0]!).map(({ properties }) => properties.messageId as string);
    const hear = (id: string) => depositInto(listening, messageOf(Deposit, { account: 'all', amount: 1 }, { id }));
    await Promise.all([...ids, ...ids].map(hear));
    expect([await listener.count('inbox'), await listener.count('ledger')]).toEqual([30, 30]);
  });

  it('are one row until they are published, which a sweep publishes after a crash', async () => {
    const unit = bank.open();
    await Promise.all(deposits(12).map((message) => depositInto(unit, message)));
    expect([await rowCount(), await bank.count('outbox')]).toEqual([1, 12]);
    expect(await sweep(bank.pool, publisher, -60_000, () => true)).toEqual({ published: 12, refused: 0 });
    await eventually(() => expect(received).toHaveLength(1));
    expect([balancesIn(received[0]!).length, await rowCount()]).toEqual([12, 0]);
  });

  it('travel alone while PUBLISH_BATCHES is false', async () => {
    const unit = openUnit({ publishBatches: false });
    await Promise.all(deposits(12).map((message) => depositInto(unit, message)));
    await eventually(() => expect(received).toHaveLength(12));
    expect(new Set(received.map(({ properties }) => properties.contentType as string))).toEqual(
      new Set(['application/json']),
    );
  });
});

it('a fact that is alone in its commit travels as it did before there were batches', async () => {
  const message = messageOf(Deposit, { account: 'ann', amount: 5 });
  await depositInto(bank.open(), message);
  const [{ id, wire }] = (await bank.rows('SELECT id, wire FROM outbox')) as [{ id: string; wire: object }];
  expect(wire).toEqual({
    exchange: 'shop.events',
    routingKey: 'account.deposited',
    mandatory: false,
    properties: {
      messageId: id,
      type: 'account.deposited',
      timestamp: expect.any(Number),
      contentType: 'application/json',
      appId: 'bank',
      persistent: true,
      headers: { version: 1, time: expect.any(String), 'correlation-id': 'a-request', 'causation-id': message.id },
    },
    body: '{"account":"ann","balance":5,"version":1}',
  });
});
