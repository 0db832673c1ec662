import type { Contract, Outgoing } from '@sluice/contracts';
import { encode, MessageClient } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { startService } from '@sluice/service-kit';
import type { z } from 'zod';
import { LogisticsConfig } from '../config.js';
import { LogisticsModule } from '../logistics.module.js';

/** The only retry tier of the test broker, in ms. */
export const RETRY_MS = 200;
const DEADLINE_MS = 5_000;

interface Environment {
  AMQP_URL: string;
  DATABASE_URL: string;
  CARRIER_DELAY_SECONDS?: string;
  CARRIER_URL?: string;
  ASK_AGAIN_SECONDS?: string;
}

/** Starts one instance of the service in this process; the result stops it. */
export async function startLogistics(environment: Environment): Promise<() => Promise<void>> {
  const settings = {
    ...environment,
    LOG_LEVEL: 'error',
    RETRY_TIERS_MS: Array(20).fill(RETRY_MS).join(),
    OUTSIDE_TIERS_MS: String(RETRY_MS),
  };
  return (
    await startService(
      { name: 'logistics', module: LogisticsModule, config: LogisticsConfig, database: true },
      settings,
    )
  ).stop;
}

/** Sends messages and requests as the other services do. */
export interface Neighbours {
  /** Sends a message to the service; with the id of a message it has received, a second delivery of that message. */
  send(message: Outgoing, about?: { id?: string; correlationId?: string }): Promise<void>;
  request<S extends z.ZodType, R extends z.ZodType>(contract: Contract<S, R>, data: z.input<S>): Promise<z.output<R>>;
  close(): Promise<void>;
}

export function neighbours(url: string): Neighbours {
  const client = new MessageClient({ url, source: 'neighbours' });
  return {
    send: (message, about) =>
      client.publisher.publish(
        encode(message, {
          id: newId(),
          time: new Date().toISOString(),
          correlationId: 'test',
          source: 'neighbours',
          ...about,
        }),
      ),
    request: (contract, data) => client.request(contract, data, { deadlineMs: DEADLINE_MS }),
    close: () => client.close(),
  };
}
