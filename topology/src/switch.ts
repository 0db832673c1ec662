import type { Binding, Queue, Topology } from '@sluice/contracts';
import { connect, type ChannelModel, type ConfirmChannel, type GetMessage } from 'amqplib';
import { republish, type Destination } from './operator.js';
import { trust } from './trust.js';

/** Name of the queue that holds the messages while their queue is recreated. */
export const sideOf = (queue: string): string => `${queue}.switch`;

/** Messages in flight at once. A crash duplicates at most these, and the inbox discards duplicates. */
const BATCH = 100;
/** Acks still in flight when a channel closes are lost on quorum queues. Milliseconds. */
const ACKS_ARRIVE_WITHIN_MS = 150;
/** Unlimited deliveries: 4.x would drop a message after its default of 20 interrupted moves. */
const SIDE = { 'x-queue-type': 'quorum', 'x-delivery-limit': 1_000_000_000 };

/**
 * Recreates a queue with the arguments of the map, without losing messages: a side queue takes over its bindings and
 * messages, the queue is deleted and declared, and takes both back. Every publish is confirmed before the ack. A
 * message may arrive twice; the inbox discards the duplicate. After an interruption, run it again to continue.
 * @returns how many messages were moved out and back
 * @throws Error when the queue is not on the map, or still has consumers
 */
export async function switchQueue(url: string, map: Topology, name: string): Promise<{ moved: number }> {
  const queue = map.queues.find((one) => one.name === name);
  if (!queue) throw new Error(`${name} is not on the map`);
  const bindings = map.bindings.filter(({ to, destination }) => to === 'queue' && destination === name);
  const connection = await connect(url, trust());
  try {
    return { moved: await switched(connection, url, queue, bindings) };
  } finally {
    await connection.close();
  }
}

async function switched(
  connection: ChannelModel,
  url: string,
  { name, arguments: args }: Queue,
  bindings: readonly Binding[],
): Promise<number> {
  const side = sideOf(name);
  if (await exists(connection, name)) {
    await requireNoConsumers(connection, name);
    await inChannel(connection, async (channel) => {
      await channel.assertQueue(side, { durable: true, arguments: SIDE });
      // The side queue is bound before the queue is unbound: messages published meanwhile arrive twice, none is lost.
      for (const { source, key, arguments: by } of bindings) await channel.bindQueue(side, source, key, by);
      for (const { source, key, arguments: by } of bindings) await channel.unbindQueue(name, source, key, by);
    });
    await move(connection, name, { queue: side, url, exchange: '' });
    await requireNoConsumers(connection, name);
    await inChannel(connection, (channel) => channel.deleteQueue(name));
  }
  await inChannel(connection, async (channel) => {
    await channel.assertQueue(name, { durable: true, arguments: args });
    for (const { source, key, arguments: by } of bindings) await channel.bindQueue(name, source, key, by);
  });
  return (await exists(connection, side)) ? emptied(connection, side, { into: { queue: name, url }, bindings }) : 0;
}

async function emptied(
  connection: ChannelModel,
  side: string,
  { into, bindings }: { into: Destination; bindings: readonly Binding[] },
): Promise<number> {
  await inChannel(connection, async (channel) => {
    for (const { source, key, arguments: by } of bindings) await channel.unbindQueue(side, source, key, by);
  });
  const moved = await move(connection, side, into);
  await inChannel(connection, (channel) => channel.deleteQueue(side));
  return moved;
}

/** Runs an operation on its own channel, since the broker may respond by closing the channel. */
async function inChannel<T>(connection: ChannelModel, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const channel = await connection.createConfirmChannel();
  // The error also rejects the pending call.
  channel.on('error', () => undefined);
  const result = await work(channel);
  await channel.close();
  return result;
}

async function exists(connection: ChannelModel, name: string): Promise<boolean> {
  try {
    await inChannel(connection, (channel) => channel.checkQueue(name));
    return true;
  } catch (error) {
    if ((error as { code?: number }).code === 404) return false;
    throw error;
  }
}

/** Fails when the queue has consumers: messages they hold would be lost with the queue. */
async function requireNoConsumers(connection: ChannelModel, name: string): Promise<void> {
  const { consumerCount } = await inChannel(connection, (channel) => channel.checkQueue(name));
  const service = name.split('.', 1)[0];
  if (consumerCount > 0)
    throw new Error(
      `${name} has ${consumerCount} consumers: stop every process of ${service} first. ` +
        'Messages published meanwhile wait in the queue',
    );
}

/** @returns the number of messages moved, when the queue is empty */
async function move(connection: ChannelModel, from: string, to: Destination): Promise<number> {
  return inChannel(connection, async (channel) => {
    let moved = 0;
    for (let batch = await next(channel, from); batch.length > 0; batch = await next(channel, from)) {
      await Promise.all(batch.map((message) => published(channel, message, to)));
      for (const message of batch) channel.ack(message);
      moved += batch.length;
    }
    await new Promise((resolve) => setTimeout(resolve, moved > 0 ? ACKS_ARRIVE_WITHIN_MS : 0));
    return moved;
  });
}

async function next(channel: ConfirmChannel, from: string): Promise<GetMessage[]> {
  const batch: GetMessage[] = [];
  while (batch.length < BATCH) {
    const message = await channel.get(from);
    if (!message) break;
    batch.push(message);
  }
  return batch;
}

/** @throws Error when the broker refuses the message; unacknowledged messages stay in their queue */
const published = (channel: ConfirmChannel, message: GetMessage, to: Destination): Promise<void> =>
  new Promise((resolve, reject) => republish(channel, message, to, (error) => (error ? reject(error) : resolve())));
