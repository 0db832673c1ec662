import type { Contract, Outgoing } from '@sluice/contracts';
import { encode, MessageClient } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { startService } from '@sluice/service-kit';
import { testBroker, testDatabase, type TestBroker, type TestDatabase } from '@sluice/testing';
import type { z } from 'zod';
import { OrdersConfig } from '../config.js';
import { OrdersModule } from '../orders.module.js';

const RETRY_MS = 200;
const DEADLINE_MS = 5_000;

interface Heard {
  type: string;
  data: Record<string, unknown>;
}

/** The service on a broker and a database of its own, as its neighbours see it. */
export interface Running {
  database: TestDatabase;
  /** Every fact that was said, by whomever. */
  heard: Heard[];
  /** Says something to the service; under the id of a message that it has seen, it is that message once more. */
  tell(message: Outgoing, about?: { id?: string; reply?: { to: string; id: string }; deadline?: number }): Promise<void>;
  ask<S extends z.ZodType, R extends z.ZodType>(contract: Contract<S, R>, data: z.input<S>): Promise<z.output<R>>;
  stop(): Promise<void>;
}

export async function startOrders(): Promise<Running> {
  const [broker, database] = await Promise.all([testBroker({ tiersMs: [RETRY_MS] }), testDatabase('orders')]);
  const environment = { AMQP_URL: broker.url, DATABASE_URL: database.url, LOG_LEVEL: 'error', RETRY_TIERS_MS: Array(20).fill(RETRY_MS).join() };
  const service = await startService({ name: 'orders', module: OrdersModule, config: OrdersConfig, database: true }, environment);
  const client = new MessageClient({ url: broker.url, source: 'neighbours' });
  return {
    database,
    heard: await listen(broker),
    tell: (message, about) => client.publisher.publish(encode(message, { id: newId(), time: new Date().toISOString(), correlationId: 'test', source: 'neighbours', ...about })),
    ask: (contract, data) => client.request(contract, data, { deadlineMs: DEADLINE_MS }),
    stop: async () => {
      await service.stop();
      await client.close();
      await Promise.all([broker.close(), database.close()]);
    },
  };
}

async function listen({ connection }: TestBroker): Promise<Heard[]> {
  const heard: Heard[] = [];
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'shop.events', '#');
  await channel.consume(queue, (message) => message && heard.push({ type: message.properties.type as string, data: JSON.parse(message.content.toString()) as Heard['data'] }), { noAck: true });
  return heard;
}
