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

/** The orders whose timers have come back, in the order of their coming. */
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
  it('waits in a queue of its length, which is there when it is needed, and comes back to its owner with all it said', async () => {
    const orderId = randomUUID();
    await publisher.publish(timer(orderId, 1));
    expect([await depth(broker, 'orders.payment-window.1000'), await fired()]).toEqual([1, []]);
    await eventually(async () => expect(await depth(broker, 'orders.commands')).toBe(1));
    expect(await fired()).toEqual([orderId]);
  });

  it('that is short does not wait behind one that is long', async () => {
    const [long, short] = [randomUUID(), randomUUID()];
    await publisher.publish(timer(long, 60));
    await publisher.publish(timer(short, 1));
    await eventually(async () => expect(await depth(broker, 'orders.commands')).toBe(1));
    expect([await fired(), await depth(broker, 'orders.payment-window.60000')]).toEqual([[short], 1]);
  });

  it('is taken although somebody has removed its queue meanwhile', async () => {
    await publisher.publish(timer(randomUUID(), 60));
    const channel = await broker.connection.createChannel();
    await channel.deleteQueue('orders.payment-window.60000');
    await channel.close();
    await publisher.publish(timer(randomUUID(), 60));
    expect(await depth(broker, 'orders.payment-window.60000')).toBe(1);
  });

  it('finds its queue after the connection was lost, also when it was removed in between', async () => {
    await publisher.publish(timer(randomUUID(), 30));
    await broker.management.delete(`queues/${broker.vhost}/orders.payment-window.30000`);
    await eventually(async () => expect(await broker.management.closeConnections()).toBeGreaterThan(0));
    await eventually(() => publisher.publish(timer(randomUUID(), 30)));
    expect(await depth(broker, 'orders.payment-window.30000')).toBe(1);
  });

  it('of many at once declares its queue once and loses none', async () => {
    await Promise.all(Array.from({ length: 200 }, () => publisher.publish(timer(randomUUID(), 45))));
    expect(await depth(broker, 'orders.payment-window.45000')).toBe(200);
  });

  it('is an error for its sender, and harms nobody else, where its queue stands with another meaning', async () => {
    const channel = await broker.connection.createChannel();
    await channel.assertQueue('orders.payment-window.7000', { durable: true });
    await channel.close();
    const refused = publisher.publish(timer(randomUUID(), 7));
    await expect(refused).rejects.toMatchObject({ reason: 'unroutable', cause: { code: 406 } });
    await publisher.publish(timer(randomUUID(), 61));
    expect(await depth(broker, 'orders.payment-window.61000')).toBe(1);
  });

  it.each([0, 0.5, -1, 2_592_001])('never waits %d seconds', (seconds) => {
    expect(() => timer(randomUUID(), seconds)).toThrow('whole seconds');
  });
});
