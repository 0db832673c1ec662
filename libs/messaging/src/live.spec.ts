import { randomUUID } from 'node:crypto';
import { OrderShipped, PaymentDeclined, ServicePulse, type Message } from '@sluice/contracts';
import { createServiceUsers, eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { batchOf } from './batches.js';
import { encode } from './codec.js';
import { LiveFeed } from './live.js';
import { Publisher } from './publisher.js';

let broker: TestBroker;
let publisher: Publisher;
beforeAll(async () => {
  broker = await testBroker();
  publisher = new Publisher({ url: broker.url });
});
const open: LiveFeed[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((feed) => feed.close()))));
afterAll(async () => {
  await publisher.close();
  await broker.close();
});

interface Listening {
  received: Message[];
  subscriptions(): number;
}

async function listen(maxLength?: number): Promise<Listening> {
  const received: Message[] = [];
  let subscriptions = 0;
  open.push(
    new LiveFeed({
      url: broker.url,
      service: 'gateway',
      name: 'a gateway listens',
      ...(maxLength && { maxLength }),
      onFact: (fact) => received.push(fact),
      onSubscribed: () => (subscriptions += 1),
    }),
  );
  await eventually(() => expect(subscriptions).toBe(1));
  return { received, subscriptions: () => subscriptions };
}

const shipped = () => ({ orderId: randomUUID(), userId: randomUUID(), version: 4 });
const wire = (data: ReturnType<typeof shipped>) =>
  encode(OrderShipped(data), { id: randomUUID(), time: new Date().toISOString(), correlationId: 'c', source: 'test' });

describe('the live feed', () => {
  it('delivers each live event to every process', async () => {
    const both = [await listen(), await listen()];
    const data = shipped();
    await publisher.publish(wire(data));
    for (const { received } of both)
      await eventually(() => expect(received).toMatchObject([{ type: 'order.shipped', data }]));
  });

  it('delivers each fact of a batch', async () => {
    const { received } = await listen();
    const some = [shipped(), shipped(), shipped()];
    await publisher.publish(batchOf(some.map(wire), randomUUID()));
    await eventually(() => expect(received.map(({ data }) => data as unknown)).toEqual(some));
  });

  it('subscribes again after a lost connection, and reports it, so that missed changes can be read', async () => {
    const { received, subscriptions } = await listen();
    await broker.management.closeConnectionsNamed('a gateway listens', 1);
    await eventually(() => expect(subscriptions()).toBe(2));
    const data = shipped();
    await eventually(() => publisher.publish(wire(data)));
    await eventually(() => expect(received).toMatchObject([{ data }]));
  });

  it('ignores invalid and unsupported messages, and events that are not live', async () => {
    const { received } = await listen();
    const good = shipped();
    await publisher.publish({ ...wire(shipped()), body: '{"orderId": 1}' });
    await publisher.publish({ ...wire(shipped()), body: 'no JSON' });
    const later = wire(shipped());
    await publisher.publish({
      ...later,
      properties: { ...later.properties, headers: { ...later.properties.headers, version: 99 } },
    });
    const about = { id: randomUUID(), time: new Date().toISOString(), correlationId: 'c', source: 'test' };
    await publisher.publish(
      encode(PaymentDeclined({ orderId: randomUUID(), userId: randomUUID(), reason: 'no', version: 1 }), about),
    );
    await publisher.publish(wire(good));
    await eventually(() => expect(received).toHaveLength(1));
    expect(received).toMatchObject([{ data: good }]);
  });

  it('takes what a service says about itself, and nothing that it says about another', async () => {
    const urls = await createServiceUsers(broker);
    const received: Message[] = [];
    const gateway = { url: urls['gateway']!, service: 'gateway', name: 'the gateway listens' };
    const subscribed = new Promise<void>((onSubscribed) => {
      open.push(new LiveFeed({ ...gateway, onFact: (fact) => received.push(fact), onSubscribed }));
    });
    await subscribed;
    const says = (service: string) =>
      publish(
        broker,
        ServicePulse,
        { service, instance: randomUUID(), version: '1', uptimeSeconds: 1 },
        { as: 'orders' },
      );
    await says('inventory');
    await says('orders');
    await eventually(() => expect(received).toMatchObject([{ data: { service: 'orders' } }]));
  });

  it('has a bounded queue that keeps the newest events and is deleted with its process', async () => {
    await listen(5);
    const queues = async () =>
      (await broker.management.get<{ exclusive: boolean; arguments: object }[]>(`queues/${broker.vhost}`)).filter(
        ({ exclusive }) => exclusive,
      );
    await eventually(async () =>
      expect(await queues()).toMatchObject([{ arguments: { 'x-max-length': 5, 'x-overflow': 'drop-head' } }]),
    );
    await Promise.all(open.splice(0).map((feed) => feed.close()));
    await eventually(async () => expect(await queues()).toEqual([]));
  });
});
