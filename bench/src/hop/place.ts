import { EXCHANGES } from '@sluice/contracts';
import { testBroker, testDatabase } from '@sluice/testing';
import { QUEUE, schemaSql } from './stock.js';

const REPLY_QUEUE = 'bench.heard';
const durable = { arguments: { 'x-queue-type': 'quorum' } };

/** A database and a virtual host of its own: one input and one output queue, quorum queues like those of the shop. */
export async function openPlace() {
  const [database, broker] = await Promise.all([testDatabase('bench', { schemaSql }), testBroker()]);
  const channel = await broker.connection.createChannel();
  for (const queue of [QUEUE, `${QUEUE}.dead`, REPLY_QUEUE]) await channel.assertQueue(queue, durable);
  await channel.bindQueue(QUEUE, EXCHANGES.commands, 'bench.take');
  await channel.bindQueue(REPLY_QUEUE, EXCHANGES.events, '#');
  return {
    url: broker.url,
    database,
    /** Number of messages in the output queue. */
    received: async () => (await channel.checkQueue(REPLY_QUEUE)).messageCount,
    handled: async () => Number((await database.pool.query('SELECT count(*) AS n FROM inbox')).rows[0].n),
    forget: async () => {
      await channel.purgeQueue(REPLY_QUEUE);
      await database.pool.query('TRUNCATE inbox, outbox');
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

export type Place = Awaited<ReturnType<typeof openPlace>>;
