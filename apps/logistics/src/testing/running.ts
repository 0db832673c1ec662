import type { Contract, Outgoing } from '@sluice/contracts';
import { encode, MessageClient } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { startService } from '@sluice/service-kit';
import { testBroker, testDatabase, type TestBroker, type TestDatabase } from '@sluice/testing';
import type { z } from 'zod';
import { LogisticsConfig } from '../config.js';
import { LogisticsModule } from '../logistics.module.js';

const RETRY_MS = 200;
const DEADLINE_MS = 5_000;

export interface Heard {
  type: string;
  data: Record<string, unknown>;
  correlationId: unknown;
}

/** What the service lives on, and its neighbours. */
export interface Surroundings {
  database: TestDatabase;
  /** Every fact that was said. */
  heard: Heard[];
  /** One process of the service; the result ends it. */
  start(settings: { CARRIER_DELAY_SECONDS?: string; CARRIER_URL?: string }): Promise<() => Promise<void>>;
  /** Says something to the service; under the id of a message that it has seen, it is that message once more. */
  tell(message: Outgoing, about?: { id?: string; correlationId?: string }): Promise<void>;
  ask<S extends z.ZodType, R extends z.ZodType>(contract: Contract<S, R>, data: z.input<S>): Promise<z.output<R>>;
  close(): Promise<void>;
}

export async function surroundings(): Promise<Surroundings> {
  const [broker, database] = await Promise.all([testBroker({ tiersMs: [RETRY_MS] }), testDatabase('logistics')]);
  const environment = { AMQP_URL: broker.url, DATABASE_URL: database.url, LOG_LEVEL: 'error', RETRY_TIERS_MS: Array(20).fill(RETRY_MS).join() };
  const client = new MessageClient({ url: broker.url, source: 'neighbours' });
  return {
    database,
    heard: await listen(broker),
    start: async (settings) => (await startService({ name: 'logistics', module: LogisticsModule, config: LogisticsConfig, database: true }, { ...environment, ...settings })).stop,
    tell: (message, about) => client.publisher.publish(encode(message, { id: newId(), time: new Date().toISOString(), correlationId: 'test', source: 'neighbours', ...about })),
    ask: (contract, data) => client.request(contract, data, { deadlineMs: DEADLINE_MS }),
    close: async () => {
      await client.close();
      await Promise.all([broker.close(), database.close()]);
    },
  };
}

async function listen({ connection }: TestBroker): Promise<Heard[]> {
  const heard: Heard[] = [];
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'shop.events', 'parcel.*');
  await channel.consume(
    queue,
    (message) => {
      if (!message) return;
      const { type, headers } = message.properties;
      heard.push({ type: type as string, data: JSON.parse(message.content.toString()) as Heard['data'], correlationId: headers?.['correlation-id'] });
    },
    { noAck: true },
  );
  return heard;
}
