import { randomUUID } from 'node:crypto';
import { ExpirePayment } from '@sluice/contracts';
import { depth, eventually, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encode } from './codec.js';
import { Publisher } from './publisher.js';

let broker: TestBroker;
let publisher: Publisher;
beforeAll(async () => {
  broker = await testBroker({ services: { orders: { commands: [ExpirePayment] } } });
  publisher = new Publisher({ url: broker.url });
});
afterEach(async () => {
  const channel = await broker.connection.createChannel();
  await channel.purgeQueue('orders.commands');
  await channel.close();
});
afterAll(async () => {
  await publisher.close();
  await broker.close();
});

const timer = (orderId: string, seconds: number) =>
  encode(ExpirePayment({ orderId }, { delayMs: seconds * 1_000 }), {
    id: randomUUID(),
    time: new Date().toISOString(),
    correlationId: 'c',
    source: 'test',
  });

/** Orders of the expired timers, in the order of their delivery. */
async function fired(): Promise<string[]> {
  const channel = await broker.connection.createChannel();
  const orderIds: string[] = [];
  for (
    let message = await channel.get('orders.commands', { noAck: true });
    message;
    message = await channel.get('orders.commands', { noAck: true })
  ) {
    orderIds.push((JSON.parse(message.content.toString()) as { orderId: string }).orderId);
  }
  await channel.close();
  return orderIds;
}

describe('a timer', () => {
  it('waits in the queue of its delay, declared on demand, and is delivered to its owner with its data', async () => {
    const orderId = randomUUID();
    await publisher.publish(timer(orderId, 1));
    expect([await depth(broker, 'orders.payment-window.1000'), await fired()]).toEqual([1, []]);
    await eventually(async () => expect(await depth(broker, 'orders.commands')).toBe(1));
    expect(await fired()).toEqual([orderId]);
  });

  it('with a short delay does not wait behind one with a long delay', async () => {
    const [long, short] = [randomUUID(), randomUUID()];
    await publisher.publish(timer(long, 60));
    await publisher.publish(timer(short, 1));
    await eventually(async () => expect(await depth(broker, 'orders.commands')).toBe(1));
    expect([await fired(), await depth(broker, 'orders.payment-window.60000')]).toEqual([[short], 1]);
  });

  it('is accepted although its queue was deleted meanwhile', async () => {
    await publisher.publish(timer(randomUUID(), 60));
    const channel = await broker.connection.createChannel();
    await channel.deleteQueue('orders.payment-window.60000');
    await channel.close();
    await publisher.publish(timer(randomUUID(), 60));
    expect(await depth(broker, 'orders.payment-window.60000')).toBe(1);
  });

  it('declares its queue again after a lost connection', async () => {
    await publisher.publish(timer(randomUUID(), 30));
    await broker.management.delete(`queues/${broker.vhost}/orders.payment-window.30000`);
    await eventually(async () => expect(await broker.management.closeConnections()).toBeGreaterThan(0));
    await eventually(() => publisher.publish(timer(randomUUID(), 30)));
    expect(await depth(broker, 'orders.payment-window.30000')).toBe(1);
  });

  it('declares its queue once for many at once, and loses none', async () => {
    await Promise.all(Array.from({ length: 200 }, () => publisher.publish(timer(randomUUID(), 45))));
    expect(await depth(broker, 'orders.payment-window.45000')).toBe(200);
  });

  it('fails at its sender alone when its queue exists with other arguments', async () => {
    const channel = await broker.connection.createChannel();
    await channel.assertQueue('orders.payment-window.7000', { durable: true });
    await channel.close();
    const refused = publisher.publish(timer(randomUUID(), 7));
    await expect(refused).rejects.toMatchObject({ reason: 'unroutable', cause: { code: 406 } });
    await publisher.publish(timer(randomUUID(), 61));
    expect(await depth(broker, 'orders.payment-window.61000')).toBe(1);
  });

  it.each([0, 0.5, -1, 2_592_001])('with a delay of %d seconds is refused', (seconds) => {
    expect(() => timer(randomUUID(), seconds)).toThrow('whole seconds');
  });
});
