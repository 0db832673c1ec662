import type { Contract, Outgoing } from '@sluice/contracts';
import { encode, MessageClient } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { startService } from '@sluice/service-kit';
import type { z } from 'zod';
import { OrdersConfig } from '../config.js';
import { OrdersModule } from '../orders.module.js';

/** The retry tier that the broker must have, in ms. */
export const RETRY_MS = 200;
const DEADLINE_MS = 5_000;

/** The service in this process, as its neighbours see it. */
export interface Running {
  /** Says something to the service; under the id of a message that it has seen, it is that message once more. */
  send(
    message: Outgoing,
    about?: { id?: string; acceptedAt?: string; reply?: { to: string; id: string }; deadline?: number },
  ): Promise<void>;
  ask<S extends z.ZodType, R extends z.ZodType>(contract: Contract<S, R>, data: z.input<S>): Promise<z.output<R>>;
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
    ask: (contract, data) => client.request(contract, data, { deadlineMs: DEADLINE_MS }),
    stop: async () => {
      await client.close();
      await service.stop();
    },
  };
}
