import { randomUUID } from 'node:crypto';
import { OrderPriced, Pay } from '@sluice/contracts';
import { MessageClient } from '@sluice/messaging';
import { startService, type Service } from '@sluice/service-kit';
import {
  captureLog,
  deadLetters,
  eventually,
  publish,
  testBroker,
  testDatabase,
  type CapturedLog,
  type TestBroker,
  type TestDatabase,
} from '@sluice/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PaymentsConfig } from './config.js';
import { PaymentsModule } from './payments.module.js';

const CARD = '4242424242424242';
const SPACED = '4111 1111 1111 1111';
const ORDER = { orderId: randomUUID(), userId: randomUUID() };

let log: CapturedLog;
let broker: TestBroker;
let database: TestDatabase;
let service: Service;
let client: MessageClient;

beforeAll(async () => {
  log = captureLog();
  [broker, database] = await Promise.all([
    testBroker({ tiersMs: [100], outsideTiersMs: [100] }),
    testDatabase('payments'),
  ]);
  service = await startService(
    { name: 'payments', module: PaymentsModule, config: PaymentsConfig, database: true },
    {
      DATABASE_URL: database.url,
      AMQP_URL: broker.url,
      RETRY_TIERS_MS: '100',
      OUTSIDE_TIERS_MS: '100',
      LOG_LEVEL: 'trace',
    },
  );
  client = new MessageClient({ url: broker.url, source: 'spec' });
  await eventually(() => expect(client.publisher.ready).toBe(true));
});
afterAll(async () => {
  await client.close();
  await service.stop();
  await Promise.all([broker.close(), database.close()]);
  log.release();
});

const pay = (cardToken: string) => client.request(Pay, { ...ORDER, cardToken }, { deadlineMs: 10_000 });

it('logs no card number, even when a client sends one in place of a token', async () => {
  await publish(broker, OrderPriced, { ...ORDER, total: { amount: 4_200, currency: 'USD' }, version: 2 });
  await eventually(async () =>
    expect(await pay('tok_fake_0002').catch((error: unknown) => error)).toMatchObject({ problem: { status: 402 } }),
  );
  for (const body of [
    `{"cardToken":"${CARD}`,
    JSON.stringify({ ...ORDER, orderId: SPACED, cardToken: Number(CARD), [CARD]: SPACED }),
  ])
    await publish(broker, Pay, { ...ORDER, cardToken: 'none' }, { body });
  await publish(
    broker,
    Pay,
    { ...ORDER, cardToken: 'none' },
    { body: '{}', headers: { 'correlation-id': CARD }, properties: { messageId: SPACED } },
  );
  await eventually(async () => expect(await deadLetters(broker, 'payments.commands')).toHaveLength(3));
  expect(await pay('tok_fake_4242')).toEqual({ status: 'captured' });
  expect(log.text().match(/is a dead letter/g)).toHaveLength(3);
  expect([CARD, SPACED, SPACED.replaceAll(' ', '')].filter((number) => log.text().includes(number))).toEqual([]);
});
