import { randomUUID } from 'node:crypto';
import {
  OrderCancelled,
  OrderPlaced,
  Pay,
  PayableOpened,
  PaymentCaptured,
  PaymentRefunded,
  type Contract,
  type Data,
} from '@sluice/contracts';
import { MessageClient } from '@sluice/messaging';
import { startService, type Service } from '@sluice/service-kit';
import type { Pool } from 'pg';
import type { z } from 'zod';
import { afterAll, beforeAll, expect } from 'vitest';
import { PaymentsConfig } from '../config.js';
import { PaymentsModule } from '../payments.module.js';

/** Short retries; a capture that fails alone is dead-lettered after a second. */
const SCHEDULE = { RETRY_TIERS_MS: '100,200', OUTSIDE_TIERS_MS: '1000', OUTSIDE_FOR_SECONDS: 'captures=1' };
export const TIERS_MS = [100, 200, 1_000];

export const total = { amount: 4_200, currency: 'USD' };
export const problem = (status: number) => ({ problem: { status } });

export interface Order {
  orderId: string;
  userId: string;
}

interface Facts {
  of<C extends Contract>(contract: C, matches?: (data: Data<C>) => boolean, count?: number): Data<C>[];
}

interface Database {
  url: string;
  pool: Pool;
  close(): Promise<void>;
}

interface DeadLetter {
  body: string;
  headers: Readonly<Record<string, unknown>>;
  properties: { readonly messageId?: unknown };
}

/** Helpers of libs/testing, passed in by the spec: code in an app may import only what the app may. */
interface Testing<Broker> {
  testBroker(options: { tiersMs: number[]; outsideTiersMs: number[] }): Promise<Broker>;
  testDatabase(service: 'payments'): Promise<Database>;
  facts(broker: Broker): Promise<Facts>;
  eventually<T>(assertion: () => T): Promise<T>;
  publish(broker: Broker, contract: Contract, data: unknown): Promise<string>;
  deadLetters(broker: Broker, queue: string): Promise<DeadLetter[]>;
}

/** A broker and a database for the tests of a file, and a client that sends payments the messages of other services. */
export function useShop<Broker extends { url: string; close(): Promise<void> }>(testing: Testing<Broker>) {
  const { testBroker, testDatabase, facts, eventually, publish, deadLetters } = testing;
  let broker: Broker;
  let database: Database;
  let client: MessageClient;
  let received: Facts;

  beforeAll(async () => {
    [broker, database] = await Promise.all([
      testBroker({ tiersMs: [100, 200], outsideTiersMs: [1_000] }),
      testDatabase('payments'),
    ]);
    received = await facts(broker);
    client = new MessageClient({ url: broker.url, source: 'spec' });
    await eventually(() => expect(client.publisher.ready).toBe(true));
  });
  afterAll(async () => {
    await client?.close();
    await Promise.all([broker?.close(), database?.close()]);
  });

  return {
    get broker() {
      return broker;
    },
    get database() {
      return database;
    },
    get received() {
      return received;
    },
    start: (environment: Record<string, string> = {}): Promise<Service> =>
      startService(
        { name: 'payments', module: PaymentsModule, config: PaymentsConfig, database: true },
        { DATABASE_URL: database.url, AMQP_URL: broker.url, ...SCHEDULE, LOG_LEVEL: 'silent', ...environment },
      ),
    async payable(payWithinSeconds?: number): Promise<Order> {
      const order = { orderId: randomUUID(), userId: randomUUID() };
      await publish(broker, OrderPlaced, {
        ...{ ...order, version: 1, lines: [], subtotal: total, total },
        ...(payWithinSeconds !== undefined && { payWithinSeconds }),
      });
      await eventually(() => received.of(PayableOpened, ({ orderId }) => orderId === order.orderId, 1));
      return order;
    },
    pay: (order: Order, cardToken: string, deadlineMs = 10_000) =>
      client.request(Pay, { ...order, cardToken }, { deadlineMs }),
    request: <S extends z.ZodType, R extends z.ZodType>(contract: Contract<S, R>, data: z.input<S>) =>
      client.request(contract, data, { deadlineMs: 10_000 }),
    /** A payment accepted at that time. */
    payAsOf: (order: Order, acceptedAt: string) =>
      client.request(Pay, { ...order, cardToken: 'tok_fake_4242' }, { deadlineMs: 10_000, acceptedAt }),
    cancel: (order: Order) =>
      publish(broker, OrderCancelled, { ...order, version: 5, lines: [], allocation: [], reason: 'customer' }),
    capturesOf: async (orderId: string) =>
      (
        await database.pool.query(
          'SELECT id, status, gateway_reference FROM captures WHERE order_id = $1 ORDER BY requested_at',
          [orderId],
        )
      ).rows,
    captured: (of: string, count: number) => received.of(PaymentCaptured, ({ orderId }) => orderId === of, count),
    refunded: (of: string, count: number) => received.of(PaymentRefunded, ({ orderId }) => orderId === of, count),
    deadLetterOf: async ({ orderId }: Order) =>
      (await deadLetters(broker, 'payments.captures')).find(({ body }) => body.includes(orderId)),
  };
}
