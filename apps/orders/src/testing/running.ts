import type { Contract, Outgoing } from '@sluice/contracts';
import { encode, MessageClient } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { startService } from '@sluice/service-kit';
import { testBroker, testDatabase, type TestDatabase } from '@sluice/testing';
import { connect } from 'amqplib';
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
  ask: <C extends Contract>(contract: C, data: z.input<C['schema']>) => ReturnType<typeof MessageClient.prototype.request<C>>;
  stop(): Promise<void>;
}

export async function startOrders(): Promise<Running> {
  const [broker, database] = await Promise.all([testBroker({ tiersMs: [RETRY_MS] }), testDatabase('orders')]);
  const environment = { AMQP_URL: broker.url, DATABASE_URL: database.url, LOG_LEVEL: 'error', RETRY_TIERS_MS: Array(20).fill(RETRY_MS).join() };
  const service = await startService({ name: 'orders', module: OrdersModule, config: OrdersConfig, database: true }, environment);
  const client = new MessageClient({ url: broker.url, source: 'neighbours' });
  const ears = await listen(broker.url);
  return {
    database,
    heard: ears.heard,
    tell: (message, about) => client.publisher.publish(encode(message, { id: newId(), time: new Date().toISOString(), correlationId: 'test', source: 'neighbours', ...about })),
    ask: (contract, data) => client.request(contract, data as z.output<typeof contract.schema>, { deadlineMs: DEADLINE_MS }),
    stop: async () => {
      await service.stop();
      await Promise.all([client.close(), ears.close()]);
      await Promise.all([broker.close(), database.close()]);
    },
  };
}

async function listen(url: string): Promise<{ heard: Heard[]; close(): Promise<void> }> {
  const heard: Heard[] = [];
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'shop.events', '#');
  await channel.consume(queue, (message) => message && heard.push({ type: message.properties.type as string, data: JSON.parse(message.content.toString()) as Heard['data'] }), { noAck: true });
  return { heard, close: () => connection.close() };
}
