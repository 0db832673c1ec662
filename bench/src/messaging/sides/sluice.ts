import { randomUUID } from 'node:crypto';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Data, Message } from '@sluice/contracts';
import { encode, MessageClient, MessageServer, On, RethrowFilter } from '@sluice/messaging';
import { until } from '@sluice/stack/until';
import { Echo, Store } from '../contracts.js';
import { PAYLOAD, type Messenger } from '../messenger.js';

const DEADLINE_MS = 10_000;

/** libs/messaging as the services use it, but with the broker's administrator, whose messages have no sender to check. */
export async function connectMessenger(url: string): Promise<Messenger> {
  const client = new MessageClient({ url, source: 'bench' });
  if (!(await until(() => client.publisher.ready, { withinMs: DEADLINE_MS, everyMs: 20 })))
    throw new Error('the client is not connected');
  return {
    publish: () => {
      const about = { id: randomUUID(), time: new Date().toISOString(), correlationId: randomUUID(), source: 'bench' };
      return client.publisher.publish(encode(Store(PAYLOAD), about));
    },
    request: () => client.request(Echo, PAYLOAD, { deadlineMs: DEADLINE_MS }),
  };
}

@Controller()
class Listener {
  @On(Echo)
  async echo({ data }: Message<typeof Echo>): Promise<Data<typeof Echo>> {
    return data;
  }
}

@Module({ controllers: [Listener] })
class Wiring {}

export async function serveRequests(url: string): Promise<void> {
  const strategy = new MessageServer({ url, service: 'bench', expected: [], schedule: { retryTiersMs: [] } });
  const app = await NestFactory.createMicroservice(Wiring, { strategy, logger: ['error', 'warn'] });
  app.useGlobalFilters(new RethrowFilter());
  await app.listen();
}
