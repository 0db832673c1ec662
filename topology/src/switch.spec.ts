import { EXCHANGES, OrderPlaced, type Topology } from '@sluice/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyTopology } from './apply.js';
import { sideOf, switchQueue } from './switch.js';
import { emptyVhost, type Vhost } from './testing/vhost.js';
import { topology } from './topology.js';

const QUEUE = 'inventory.events';
const COUNT = 250;
const map = topology({ retryTiersMs: [50], services: { inventory: { events: [OrderPlaced] } } });
/** The same queue with another delivery limit. */
const changed: Topology = {
  ...map,
  queues: map.queues.map((queue) =>
    queue.name === QUEUE ? { ...queue, arguments: { ...queue.arguments, 'x-delivery-limit': 7 } } : queue,
  ),
};

let broker: Vhost;
beforeEach(async () => {
  broker = await emptyVhost();
  await applyTopology(broker.url, map);
});
afterEach(() => broker.close());

async function publish(from: number, to: number): Promise<void> {
  const { channel } = broker;
  for (let n = from; n < to; n++)
    channel.publish(EXCHANGES.events, 'order.placed', Buffer.from(String(n)), {
      persistent: true,
      messageId: String(n),
      type: 'order.placed',
      headers: { attempts: n % 4 },
    });
  await channel.waitForConfirms();
}

/** Drains the queue: the attempts header of each message by its number. */
async function drained(): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for (
    let message = await broker.channel.get(QUEUE, { noAck: true });
    message;
    message = await broker.channel.get(QUEUE, { noAck: true })
  ) {
    expect(message.content.toString()).toBe(message.properties.messageId);
    found.set(message.properties.messageId as string, message.properties.headers?.['attempts']);
  }
  return found;
}

const all = (count: number) => new Map(Array.from({ length: count }, (_, n) => [String(n), n % 4]));

describe('a queue whose arguments have changed', () => {
  it('is recreated with all of its messages, also those published meanwhile', async () => {
    await publish(0, COUNT);
    let switching = true;
    const result = switchQueue(broker.url, changed, QUEUE).finally(() => (switching = false));
    let published = COUNT;
    for (; switching; published++) await publish(published, published + 1);
    expect((await result).moved).toBeGreaterThanOrEqual(COUNT);
    await applyTopology(broker.url, changed); // throws when an object differs from the map
    expect(await broker.queueNames()).not.toContain(sideOf(QUEUE));
    await publish(published, published + 1);
    expect(await drained()).toEqual(all(published + 1));
  });

  it('is refused while it has consumers, and nothing is changed', async () => {
    await broker.channel.consume(QUEUE, () => undefined);
    await expect(switchQueue(broker.url, changed, QUEUE)).rejects.toThrow(
      /has 1 consumers: stop every process of inventory/,
    );
    await applyTopology(broker.url, map);
    expect(await broker.queueNames()).not.toContain(sideOf(QUEUE));
  });

  it('continues after an interruption: the queue is deleted, and its messages are in the side queue', async () => {
    const { channel } = broker;
    await channel.assertQueue(sideOf(QUEUE), {
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 1_000_000_000 },
    });
    await channel.bindQueue(sideOf(QUEUE), EXCHANGES.events, 'order.placed');
    await channel.deleteQueue(QUEUE);
    await publish(0, 10);
    await switchQueue(broker.url, changed, QUEUE);
    expect(await drained()).toEqual(all(10));
    expect(await broker.queueNames()).not.toContain(sideOf(QUEUE));
  });

  it('must be on the map', async () => {
    await expect(switchQueue(broker.url, changed, 'inventory.evnets')).rejects.toThrow(
      'inventory.evnets is not on the map',
    );
  });
});
