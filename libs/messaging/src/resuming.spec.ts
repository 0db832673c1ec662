import { EXCHANGES, type Message } from '@sluice/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { depth, eventually, Proxy, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encode } from './codec.js';
import { Publisher } from './publisher.js';
import { Happened, handles, Ignored, SERVICES, startService, stopServices, TIERS_MS } from './testing/probe.js';

let broker: TestBroker;
beforeAll(
  async () =>
    (broker = await testBroker({
      tiersMs: TIERS_MS,
      services: { probe: SERVICES.probe, watcher: { events: [Ignored] } },
    })),
);
afterEach(stopServices);
afterAll(() => broker.close());

const message = (n: number) =>
  encode(Happened({ n }), { id: randomUUID(), time: new Date().toISOString(), correlationId: 'c', source: 'test' });

describe('connections closed by the broker', () => {
  it('reconnect with their subscriptions, and no message is lost', async () => {
    const handled = new Set<number>();
    const { server } = await startService(broker, [handles(Happened, async ({ data }) => void handled.add(data.n))], {
      prefetch: 20,
    });
    const publisher = new Publisher({ url: broker.url });
    const all = Array.from({ length: 400 }, (_, n) => n);
    // Outcome unknown: send it again.
    const send = async (n: number): Promise<void> => publisher.publish(message(n)).catch(() => send(n));

    const closings = (async () => {
      for (let round = 0; round < 2; round++)
        await eventually(async () => expect(await broker.management.closeConnections()).toBeGreaterThan(1));
    })();
    for (const n of all) {
      await send(n);
      await pause(5);
    }
    await closings;
    await eventually(() => expect(handled.size).toBe(all.length), { withinMs: 20_000 });
    await eventually(() => expect(server.ready).toBe(true));
    await publisher.close();
  });

  it('subscribe again to a queue that was deleted and declared again', async () => {
    const handled: number[] = [];
    const { server } = await startService(broker, [handles(Happened, async ({ data }) => void handled.push(data.n))]);
    const channel = await broker.connection.createChannel();
    const { arguments: args } = await broker.management.get<{ arguments: object }>(
      `queues/${broker.vhost}/probe.events`,
    );
    await channel.deleteQueue('probe.events');
    await eventually(() => expect(server.ready).toBe(false));
    await channel.assertQueue('probe.events', { arguments: args });
    await channel.bindQueue('probe.events', EXCHANGES.events, Happened.type);
    await publish(broker, Happened, { n: 1 });
    await eventually(() => expect(handled).toEqual([1]));
  });
});

describe('a shutdown', () => {
  it('finishes messages in flight, loses no ack, and takes no more messages', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const started: number[] = [];
    const { app } = await startService(
      broker,
      [
        handles(Happened, async ({ data }) => {
          started.push(data.n);
          await gate;
        }),
      ],
      { prefetch: 100 },
    );
    const publisher = new Publisher({ url: broker.url });
    await Promise.all(Array.from({ length: 300 }, (_, n) => publisher.publish(message(n))));
    await eventually(() => expect(started).toHaveLength(100));
    const closed = app.close();
    // The cancel is confirmed, so only acks are left for the channel (a quorum queue still counts such a consumer).
    await pause(200);
    // A hundred acks right before the channel closes: without a pause two thirds of them are lost.
    open();
    await closed;

    const later: [number, boolean | undefined][] = [];
    await startService(broker, [
      handles(Happened, async ({ data, redelivered }) => void later.push([data.n, redelivered])),
    ]);
    await eventually(() => expect(later.length).toBeGreaterThanOrEqual(200));
    await eventually(async () => expect(await depth(broker, 'probe.events')).toBe(0));
    expect(later.filter(([n, redelivered]) => started.includes(n) || redelivered)).toEqual([]);
    await publisher.close();
  });

  it('loses no ack when the broker receives them only as it closes the channel', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const started: number[] = [];
    const handler = async ({ data }: Message<typeof Happened>) => {
      started.push(data.n);
      await gate;
    };
    const proxy = await Proxy.before(() => Number(new URL(broker.url).port));
    const url = Object.assign(new URL(broker.url), { port: String(proxy.port) }).href;
    const { app } = await startService({ url }, [handles(Happened, handler)], { prefetch: 100 });
    const publisher = new Publisher({ url: broker.url });
    await Promise.all(Array.from({ length: 100 }, (_, n) => publisher.publish(message(n))));
    await eventually(() => expect(started).toHaveLength(100));
    const closed = app.close();
    await pause(200); // the cancel is confirmed
    proxy.swallow();
    open();
    await pause(300); // the acks are on their way, and the channel's end
    proxy.pass();
    await closed;
    expect(await depth(broker, 'probe.events')).toBe(0);
    await publisher.close();
    await proxy.close();
  });

  it('of one service does not affect the queues of another', async () => {
    const handled: number[] = [];
    const first = await startService(broker, [handles(Happened, async () => undefined)]);
    await startService(broker, [handles(Ignored, async ({ data }) => void handled.push(data.n))], {
      service: 'watcher',
    });
    await first.app.close();
    await publish(broker, Ignored, { n: 1 });
    await eventually(() => expect(handled).toContain(1));
  });
});
