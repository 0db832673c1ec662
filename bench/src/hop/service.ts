import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Message } from '@sluice/contracts';
import { MessageServer, On, Publisher, RethrowFilter } from '@sluice/messaging';
import { createPool, OutboxRelay, UnitOfWork } from '@sluice/persistence';
import type { Pool } from 'pg';
import type { MeasuredService, Observer } from './measured-service.js';
import { oneByOne } from './one-by-one.js';
import type { Place } from './place.js';
import { startRawService } from './raw-batches.js';
import { SERVICE, tables, take, Take } from './stock.js';

/** Connections of the peer: the number of messages that it commits concurrently. The unit of work uses one of them. */
const POOL = 16;

type Handle = (message: Message<typeof Take>) => Promise<unknown>;

const groupCommit = (pool: Pool, relay: OutboxRelay): Handle => {
  const unit = new UnitOfWork({ pool, relay, source: SERVICE, tables });
  return (message) => unit.change(message, { stock: [message.data.sku] }, (state) => take(message.data, state));
};

const HANDLERS = { 'group commit': groupCommit, 'one by one': oneByOne } satisfies Record<
  string,
  (pool: Pool, relay: OutboxRelay) => Handle
>;
const RAW = 'raw SQL in batches';

export type Side = keyof typeof HANDLERS | typeof RAW;
export const SIDES: readonly Side[] = ['group commit', 'one by one', RAW];

export const startService = (side: Side, place: Place, observer: Observer): Promise<MeasuredService> =>
  side === RAW ? startRawService(place, observer) : startNestService(side, place, observer);

/** Starts a service like those of the shop, with the real transport and one of the two ways to commit. */
async function startNestService(
  side: keyof typeof HANDLERS,
  place: Place,
  observer: Observer,
): Promise<MeasuredService> {
  const pool = createPool(place.database.url, { max: POOL });
  const publisher = new Publisher({ url: place.url });
  const relay = new OutboxRelay({ pool, publisher });
  const handle = HANDLERS[side](pool, relay);

  @Controller()
  class Listener {
    @On(Take)
    async take(message: Message<typeof Take>): Promise<void> {
      observer.began();
      await handle(message);
      observer.handled();
    }
  }
  @Module({ controllers: [Listener] })
  class Wiring {}

  const strategy = new MessageServer({
    url: place.url,
    service: SERVICE,
    expected: [],
    publisher,
    schedule: { retryTiersMs: [] },
  }); // no handler fails here
  const app = await NestFactory.createMicroservice(Wiring, { strategy, logger: ['error'] });
  app.useGlobalFilters(new RethrowFilter());
  await app.listen();
  return {
    drained: () => relay.stop(60_000),
    close: async () => {
      await app.close();
      await publisher.close();
      await pool.end();
    },
  };
}
