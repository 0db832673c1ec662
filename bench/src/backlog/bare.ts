import { once } from 'node:events';
import type { Place } from './place.js';

/** The same prefetch as a service. */
const PREFETCH = 100;
/** Acks that are in transit when the channel closes are lost in quorum queues, so wait for them first. */
const ACKS_ARRIVE_WITHIN_MS = 150;

/** Empties a queue of `count` messages and only acknowledges them. @returns messages per second */
export async function bareRate({ broker }: Place, queue: string, count: number): Promise<number> {
  const channel = await broker.connection.createChannel();
  await channel.prefetch(PREFETCH);
  const done = new EventTarget();
  const ended = once(done, 'done');
  let [began, taken] = [0, 0];
  const { consumerTag } = await channel.consume(queue, (message) => {
    if (!message) return;
    began ||= performance.now();
    channel.ack(message);
    if (++taken === count) done.dispatchEvent(new Event('done'));
  });
  await ended;
  const seconds = (performance.now() - began) / 1_000;
  await channel.cancel(consumerTag);
  await new Promise((resolve) => setTimeout(resolve, ACKS_ARRIVE_WITHIN_MS));
  await channel.close();
  return count / seconds;
}
