import { randomUUID } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { EXCHANGES, ExpirePayment, type Outgoing } from '@sluice/contracts';
import { depth, eventually, freePort, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encode, type WireMessage } from './codec.js';
import { Publisher, type PublisherOptions } from './publisher.js';
import { Do, Happened, Nowhere, SERVICES, TIERS_MS, Delivered } from './testing/probe.js';

let broker: TestBroker;
beforeAll(async () => (broker = await testBroker({ tiersMs: TIERS_MS, services: SERVICES })));
const open: Publisher[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((publisher) => publisher.close()))));
afterAll(() => broker.close());

const wire = (outgoing: Outgoing): WireMessage =>
  encode(outgoing, { id: randomUUID(), time: new Date().toISOString(), correlationId: 'c', source: 'test' });

function publisherOf(options: Partial<PublisherOptions> = {}): Publisher {
  const publisher = new Publisher({ url: broker.url, ...options });
  open.push(publisher);
  return publisher;
}

async function boundedQueue(limit: number): Promise<{ name: string; to(): WireMessage }> {
  const channel = await broker.connection.createChannel();
  const name = `bounded-${randomUUID()}`;
  await channel.assertQueue(name, {
    arguments: { 'x-queue-type': 'classic', 'x-max-length': limit, 'x-overflow': 'reject-publish' },
  });
  return { name, to: () => ({ ...wire(Happened({ n: 1 })), exchange: '', routingKey: name }) };
}

const reason = (publishing: Promise<void>) =>
  publishing.then(
    () => 'confirmed',
    (error: { reason: string }) => error.reason,
  );

describe('publishing', () => {
  it('resolves when the broker has stored the message, persistent and with its envelope in properties', async () => {
    const publisher = publisherOf();
    const message = wire(Do({ n: 1 }));
    await publisher.publish(message);
    const channel = await broker.connection.createChannel();
    const got = await channel.get('probe.commands', { noAck: true });
    expect(got).toMatchObject({
      fields: { exchange: 'shop.commands', routingKey: 'probe.do' },
      properties: {
        deliveryMode: 2,
        messageId: message.properties.messageId,
        type: 'probe.do',
        appId: 'test',
        contentType: 'application/json',
      },
    });
    await channel.close();
  });

  it('fails for a command without a queue, but not for an event or a delivery without one', async () => {
    const publisher = publisherOf();
    await expect(publisher.publish(wire(Nowhere({ n: 1 })))).rejects.toMatchObject({
      reason: 'unroutable',
      message: expect.stringContaining('npm run topology'),
    });
    const unrouted = wire(Happened({ n: 1 }));
    await publisher.publish({ ...unrouted, routingKey: 'nobody.hears' });
    await publisher.publish({
      ...wire(Delivered({ n: 1 })),
      properties: { ...unrouted.properties, headers: { channel: 'pigeon' } },
    });
    expect(await depth(broker, EXCHANGES.unrouted)).toBe(1);
  });

  it('reports two sends of one message separately, and an unroutable message does not affect others', async () => {
    const publisher = publisherOf();
    const twice = wire(Nowhere({ n: 1 }));
    const results = await Promise.all(
      [twice, wire(Happened({ n: 1 })), twice, wire(Do({ n: 1 }))].map((message) => reason(publisher.publish(message))),
    );
    expect(results).toEqual(['unroutable', 'confirmed', 'unroutable', 'confirmed']);
  });

  it('reports a message without an id as unroutable too, such as a malformed one for missing dead letters', async () => {
    const publisher = publisherOf();
    const { properties, ...nowhere } = wire(Nowhere({ n: 1 }));
    const anonymous = { ...nowhere, properties: { ...properties, messageId: undefined } };
    expect(await reason(publisher.publish(anonymous))).toBe('unroutable');
  });

  it('into a full bounded queue fails for the messages beyond its limit', async () => {
    const publisher = publisherOf();
    const { to, name } = await boundedQueue(5);
    const results = await Promise.all(Array.from({ length: 8 }, () => reason(publisher.publish(to()))));
    expect(results.filter((result) => result === 'confirmed')).toHaveLength(5);
    expect(results.filter((result) => result === 'nacked')).toHaveLength(3);
    expect(await depth(broker, name)).toBe(5);
  });

  it('continues on a new channel after a burst of nacks', async () => {
    const channels = new Set<unknown>();
    const publisher = publisherOf({ setup: async (channel) => void channels.add(channel) });
    const { to } = await boundedQueue(0);
    for (let n = 0; n < 25; n++) expect(await reason(publisher.publish(to()))).toBe('nacked');
    await eventually(() => expect(channels.size).toBe(2));
    await publisher.publish(wire(Happened({ n: 1 })));
  });

  it('fails when a header cannot be encoded, and continues with the next message', async () => {
    const publisher = publisherOf();
    const message = wire(Happened({ n: 1 }));
    await expect(
      publisher.publish({
        ...message,
        properties: { ...message.properties, expiration: 5 as unknown as string, type: 7 as unknown as string },
      }),
    ).rejects.toThrow();
    await publisher.publish(message);
  });
});

describe('back-pressure', () => {
  it('never has more messages unconfirmed than the window', async () => {
    let out = 0;
    let most = 0;
    const watched: PublisherOptions['setup'] = async (channel) => {
      const publish = channel.publish.bind(channel);
      channel.publish = (exchange, key, body, options, done) => {
        most = Math.max(most, ++out);
        return publish(exchange, key, body, options, (error: unknown, ok) => ((out -= 1), done?.(error, ok)));
      };
    };
    const publisher = publisherOf({ window: 10, setup: watched });
    await Promise.all(Array.from({ length: 500 }, (_, n) => publisher.publish(wire(Happened({ n })))));
    expect(most).toBe(10);
  });

  it('keeps only a bounded number of waiting messages in memory', async () => {
    const publisher = publisherOf({ url: `amqp://127.0.0.1:${await freePort()}` });
    const message = wire(Happened({ n: 1 }));
    const waiting = Array.from({ length: 10_000 }, () => reason(publisher.publish(message)));
    expect(await reason(publisher.publish(message))).toBe('buffer-full');
    await publisher.close();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['not-connected']));
  });

  it('keeps only as many timers that wait for the declaration of their queue', async () => {
    const publisher = publisherOf({ url: `amqp://127.0.0.1:${await freePort()}` });
    const timer = wire({ ...ExpirePayment({ orderId: randomUUID() }), delayMs: 60_000 });
    const waiting = Array.from({ length: 10_000 }, () => reason(publisher.publish(timer, { deadlineMs: 1 })));
    expect(await reason(publisher.publish(timer))).toBe('buffer-full');
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['not-connected']));
  });
});

describe('without a broker', () => {
  it('fails at once with whenDown: fail, and otherwise waits until its deadline', async () => {
    const publisher = publisherOf({ url: `amqp://127.0.0.1:${await freePort()}` });
    expect(publisher.ready).toBe(false);
    const started = Date.now();
    expect(await reason(publisher.publish(wire(Happened({ n: 1 })), { whenDown: 'fail', deadlineMs: 10_000 }))).toBe(
      'not-connected',
    );
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(await reason(publisher.publish(wire(Happened({ n: 1 })), { deadlineMs: 200 }))).toBe('not-connected');
    expect(Date.now() - started).toBeGreaterThanOrEqual(195);
  });

  it('sends waiting messages as soon as it is connected', async () => {
    const url = new URL(broker.url);
    const at = { port: Number(url.port), host: url.hostname };
    url.port = String(await freePort());
    const publisher = publisherOf({ url: url.href });
    const sent = reason(publisher.publish(wire(Happened({ n: 1 }))));
    const sockets: Socket[] = [];
    const proxy = createServer((client) => {
      const server = connect(at);
      sockets.push(
        client.on('error', () => server.destroy()),
        server.on('error', () => client.destroy()),
      );
      client.pipe(server).pipe(client);
    }).listen(Number(url.port), '127.0.0.1');

    expect(await sent).toBe('confirmed');

    await publisher.close();
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
});
