import { EventEmitter, once } from 'node:events';
import { EXCHANGES } from '@sluice/contracts';
import { factsIn, testBroker, testDatabase, type TestDatabase } from '@sluice/testing';
import type { Channel } from 'amqplib';
import { QUEUE, schemaSql, storeRows } from './stock.js';

const REPLY_QUEUE = 'bench.heard';
const durable = { arguments: { 'x-queue-type': 'quorum' } };

export interface PlaceOptions {
  /** Instead of those that the environment names. */
  servers?: { postgresUrl: string; rabbit: { url: string; managementUrl: string } };
  /** Handled messages and rows of stock that are there before the first round. */
  stored?: number;
}

/** A database and a virtual host of its own: one input and one output queue, quorum queues like those of the shop. */
export async function openPlace({ servers, stored = 0 }: PlaceOptions = {}) {
  const [database, broker] = await Promise.all([
    testDatabase('bench', { schemaSql, ...(servers && { server: servers.postgresUrl }) }),
    testBroker(servers && { server: servers.rabbit }),
  ]);
  if (stored > 0) {
    await database.pool.query(storeRows(stored));
    await database.pool.query('VACUUM ANALYZE'); // else autovacuum does it in the first round
  }
  let earlier = 0;
  const channel = await broker.connection.createChannel();
  for (const queue of [QUEUE, `${QUEUE}.dead`, REPLY_QUEUE]) await channel.assertQueue(queue, durable);
  await channel.bindQueue(QUEUE, EXCHANGES.commands, 'bench.take');
  await channel.bindQueue(REPLY_QUEUE, EXCHANGES.events, '#');
  return {
    url: broker.url,
    database,
    /** Takes all messages out of the output queue. @returns the number of facts in them */
    received: () => takeFacts(channel),
    /** Number of messages since the last `forget`. */
    handled: async () => (await countInbox(database)) - earlier,
    forget: async () => {
      await channel.purgeQueue(REPLY_QUEUE);
      await database.pool.query(`TRUNCATE outbox${stored > 0 ? '' : ', inbox'}`);
      earlier = await countInbox(database);
      // Without VACUUM, later rounds would also read the dead rows of earlier ones.
      await database.pool.query('VACUUM ANALYZE stock');
    },
    /** Calls back for every message in the output queue, until it is stopped. */
    listen: async (onMessage: () => void): Promise<() => Promise<unknown>> => {
      const { consumerTag } = await channel.consume(REPLY_QUEUE, onMessage, { noAck: true });
      return () => channel.cancel(consumerTag);
    },
    close: () => Promise.all([broker.close(), database.close()]),
  };
}

async function takeFacts(channel: Channel): Promise<number> {
  let { messageCount: left } = await channel.checkQueue(REPLY_QUEUE);
  if (left === 0) return 0;
  let facts = 0;
  const all = new EventEmitter();
  const ended = once(all, 'end');
  const { consumerTag } = await channel.consume(
    REPLY_QUEUE,
    (message) => {
      if (message) facts += factsIn(message).length;
      left -= 1;
      if (left === 0) all.emit('end');
    },
    { noAck: true },
  );
  await ended;
  await channel.cancel(consumerTag);
  return facts;
}

const countInbox = async ({ pool }: TestDatabase): Promise<number> =>
  Number((await pool.query('SELECT count(*) AS n FROM inbox')).rows[0].n);

export type Place = Awaited<ReturnType<typeof openPlace>>;
