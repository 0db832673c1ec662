import type { Contract, Outgoing } from '@sluice/contracts';
import { encode, MessageClient } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { startService } from '@sluice/service-kit';
import type { z } from 'zod';
import { OrdersConfig } from '../config.js';
import { OrdersModule } from '../orders.module.js';

/** The only retry tier of the test broker, in ms. */
export const RETRY_MS = 200;
const DEADLINE_MS = 5_000;

/** The service in this process, as the other services and the gateway use it. */
export interface Running {
  /** Sends a message to the service; with the id of a message it has received, a second delivery of that message. */
  send(
    message: Outgoing,
    about?: { id?: string; acceptedAt?: string; reply?: { to: string; id: string }; deadline?: number },
  ): Promise<void>;
  request<S extends z.ZodType, R extends z.ZodType>(contract: Contract<S, R>, data: z.input<S>): Promise<z.output<R>>;
  stop(): Promise<void>;
}

export async function startOrders(
  urls: { AMQP_URL: string; DATABASE_URL: string },
  settings: Record<string, string> = {},
): Promise<Running> {
  const environment = { ...urls, LOG_LEVEL: 'error', RETRY_TIERS_MS: Array(20).fill(RETRY_MS).join(), ...settings };
  const service = await startService(
    { name: 'orders', module: OrdersModule, config: OrdersConfig, database: true },
    environment,
  );
  const client = new MessageClient({ url: urls.AMQP_URL, source: 'neighbours' });
  return {
    send: (message, { deadline, ...about } = {}) => {
      const left = deadline === undefined ? {} : { timeoutMs: deadline - Date.now() };
      return client.publisher.publish(
        encode(message, {
          id: newId(),
          time: new Date().toISOString(),
          correlationId: 'test',
          source: 'neighbours',
          ...left,
          ...about,
        }),
      );
    },
    request: (contract, data) => client.request(contract, data, { deadlineMs: DEADLINE_MS }),
    stop: async () => {
      await client.close();
      await service.stop();
    },
  };
}
