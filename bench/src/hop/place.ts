import { randomBytes } from 'node:crypto';
import { connect } from 'amqplib';
import { testDatabase } from '@sluice/testing';
import { QUEUE, schemaSql } from './stock.js';

const HEARD = 'bench.heard';
const TIER_MS = 1_000;
const quorum = { arguments: { 'x-queue-type': 'quorum' } };

/** A database and a virtual host of its own: one queue in, one queue out, both durable and replicated as in the shop. */
export async function openPlace() {
  const database = await testDatabase('bench', { schemaSql });
  const vhost = `bench-${randomBytes(6).toString('hex')}`;
  const url = new URL(process.env['AMQP_URL']!);
  await manage('PUT', `vhosts/${vhost}`);
  await manage('PUT', `permissions/${vhost}/${url.username}`, { configure: '.*', write: '.*', read: '.*' });
  url.pathname = vhost;
  const connection = await connect(url.href);
  const channel = await connection.createChannel();
  for (const [name, type] of [['shop.events', 'topic'], ['shop.commands', 'direct'], ['shop.deliveries', 'headers'], ['shop.dead', 'direct'], [`shop.retry.${TIER_MS}`, 'fanout']] as const) {
    await channel.assertExchange(name, type);
  }
  for (const queue of [QUEUE, `${QUEUE}.dead`, HEARD]) await channel.assertQueue(queue, quorum);
  await channel.bindQueue(QUEUE, 'shop.commands', 'bench.take');
  await channel.bindQueue(HEARD, 'shop.events', '#');
  return {
    url: url.href,
    database,
    tiersMs: [TIER_MS],
    heard: async () => (await channel.checkQueue(HEARD)).messageCount,
    handled: async () => Number((await database.pool.query('SELECT count(*) AS n FROM inbox')).rows[0].n),
    forget: async () => {
      await channel.purgeQueue(HEARD);
      await database.pool.query('TRUNCATE inbox, outbox');
      // Each round begins with the same tables; without it the later rounds read past the dead rows of the earlier ones.
      await database.pool.query('VACUUM ANALYZE stock');
    },
    /** Calls back for every message that comes out, until it is stopped. */
    listen: async (told: () => void): Promise<() => Promise<unknown>> => {
      const { consumerTag } = await channel.consume(HEARD, told, { noAck: true });
      return () => channel.cancel(consumerTag);
    },
    close: async () => {
      await connection.close();
      await manage('DELETE', `vhosts/${vhost}`);
      await database.close();
    },
  };
}

export type Place = Awaited<ReturnType<typeof openPlace>>;

async function manage(method: string, path: string, body?: object): Promise<void> {
  const { origin, username, password } = new URL(process.env['AMQP_MANAGEMENT_URL']!);
  const headers = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`, 'content-type': 'application/json' };
  const response = await fetch(`${origin}/api/${path}`, { method, headers, body: body ? JSON.stringify(body) : null });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}
