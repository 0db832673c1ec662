import { Controller, Module } from '@nestjs/common';
import {
  CreateCoupon,
  EXCHANGES,
  GetPoints,
  OrderCompleted,
  type Data,
  type Reply,
  type ServicePulse,
} from '@sluice/contracts';
import { dependencies, MessageClient, On } from '@sluice/messaging';
import { createServiceUsers, eventually, publish, testBroker, testDatabase } from '@sluice/testing';
import type { TestBroker, TestDatabase } from '@sluice/testing';
import type { ConsumeMessage } from 'amqplib';
import { v7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startService, type Service } from './run-service.js';

@Controller()
class Listener {
  works: Promise<void> = Promise.resolve();

  @On(GetPoints)
  async points(): Promise<Reply<typeof GetPoints>> {
    return { points: 7 };
  }

  @On(CreateCoupon)
  create(): Promise<never> {
    throw new Error('nobody asks for one');
  }

  @On(OrderCompleted)
  completed(): Promise<void> {
    return this.works;
  }
}

class ListenerModule {}
Module({ controllers: [Listener] })(ListenerModule);

type Pulse = Data<typeof ServicePulse>;

let broker: TestBroker;
let database: TestDatabase;
let urls: Record<string, string>;
const heard: { message: ConsumeMessage; pulse: Pulse }[] = [];
beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker(), testDatabase('accounts')]);
  urls = await createServiceUsers(broker);
  const channel = await broker.connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, EXCHANGES.live, '');
  await channel.consume(
    queue,
    (message) => {
      if (message?.properties.type !== 'service.pulse') return;
      heard.push({ message, pulse: JSON.parse(message.content.toString()) as Pulse });
    },
    { noAck: true },
  );
});
const running: Service[] = [];
afterEach(async () => {
  for (const service of running.splice(0)) await service.stop();
  heard.length = 0;
});
afterAll(() => Promise.all([broker.close(), database.close()]));

async function start(name = 'promotions', url = urls[name]!): Promise<Service> {
  const service = await startService(
    {
      name,
      module: ListenerModule,
      database: true,
      invariants: () => [{ name: 'holds', sql: 'SELECT id FROM outbox' }],
    },
    { AMQP_URL: url, DATABASE_URL: database.url, LOG_LEVEL: 'error' },
  );
  running.push(service);
  return service;
}
const full = (): Pulse[] => heard.map(({ pulse }) => pulse).filter(({ vitals }) => vitals);
const lastQueue = (name: string) =>
  full()
    .at(-1)
    ?.vitals?.queues.find(({ queue }) => queue === name);
const completed = () => ({ orderId: v7(), userId: v7(), version: 3, total: { amount: 1, currency: 'EUR' } });

describe('a pulse', () => {
  it('is said every second by every process of a service, and is neither kept nor confirmed', async () => {
    await start();
    const began = performance.now();
    await eventually(() => expect(heard.length).toBeGreaterThanOrEqual(4), { withinMs: 10_000 });
    expect((performance.now() - began) / heard.length).toBeLessThan(1_500);
    expect(new Set(heard.map(({ pulse }) => pulse.instance)).size).toBe(1);
    for (const { message } of heard) {
      expect(message.properties).toMatchObject({ deliveryMode: 1, userId: broker.userOf('promotions') });
      expect(message.fields).toMatchObject({ exchange: EXCHANGES.events, routingKey: 'service.pulse' });
    }
    const { messages } = await broker.management.get<{ messages: number }>(`queues/${broker.vhost}/shop.unrouted`);
    expect(messages ?? 0).toBe(0);
  });

  it('has the queues, the commits, the outbox and the invariants of the process', async () => {
    await start();
    await eventually(() => expect(full().at(-1)?.vitals?.invariants).toEqual([{ name: 'holds', violations: 0 }]), {
      withinMs: 10_000,
    });
    const { vitals, version } = full().at(-1)!;
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(vitals).toMatchObject({ outbox: { rows: 0 }, commits: { count: expect.any(Number) as number } });
    expect(vitals!.queues.map(({ queue }) => queue).sort()).toEqual([
      'promotions.commands',
      'promotions.commands.dead',
      'promotions.events',
      'promotions.events.dead',
      'promotions.ops',
      'promotions.queries',
    ]);
  });

  it('has what waits in a queue, what the process holds of it, and what it has handled', async () => {
    const { app } = await start();
    const listener = app.get(Listener);
    let finish!: () => void;
    listener.works = new Promise((resolve) => (finish = resolve));
    for (let n = 0; n < 103; n++) await publish(broker, OrderCompleted, completed(), { as: 'orders' });
    const holding = { delivered: 100, acknowledged: 0, unacknowledged: 100, inFlight: 100, exchange: EXCHANGES.events };
    await eventually(() => expect(lastQueue('promotions.events')).toMatchObject({ ready: 3, consuming: holding }), {
      withinMs: 10_000,
    });
    finish();
    await eventually(
      () =>
        expect(lastQueue('promotions.events')).toMatchObject({
          ready: 0,
          consumers: 2,
          consuming: {
            ...{ delivered: 103, acknowledged: 103, unacknowledged: 0, inFlight: 0 },
            handled: [{ type: 'order.completed', ack: 103, retry: 0, dead: 0, other: 0 }],
          },
        }),
      { withinMs: 10_000 },
    );
  });

  it('is short while nothing happens, and full again after a message', async () => {
    // Specs of the same worker share this register, and some leave a sick dependency in it.
    for (const { name } of dependencies.all()) dependencies.succeeded(name);
    await start();
    const last = () => heard.at(-1)!.pulse;
    await eventually(() => expect(last().vitals).toBeUndefined(), { withinMs: 10_000 });
    const client = new MessageClient({ url: urls['gateway']!, source: 'gateway' });
    await eventually(() => expect(client.publisher.ready).toBe(true));
    await client.request(GetPoints, { userId: v7() }, { deadlineMs: 5_000 });
    await eventually(() => expect(lastQueue('promotions.queries')?.consuming?.acknowledged).toBe(1), {
      withinMs: 4_000,
    });
    await client.close();
  });

  it('of a process that has started again has another instance', async () => {
    const first = await start();
    await eventually(() => expect(heard.length).toBeGreaterThan(0));
    await first.stop();
    running.length = 0;
    heard.length = 0;
    await start();
    await eventually(() => expect(heard.length).toBeGreaterThan(1));
    expect(new Set(heard.map(({ pulse }) => pulse.instance)).size).toBe(1);
  });

  it('that the broker refuses disturbs no other message of the process', async () => {
    await broker.management.put(
      `topic-permissions/${broker.vhost}/${encodeURIComponent(broker.userOf('promotions'))}`,
      { exchange: EXCHANGES.events, write: '^$', read: '^$' },
    );
    await start();
    const client = new MessageClient({ url: urls['gateway']!, source: 'gateway' });
    await eventually(() => expect(client.publisher.ready).toBe(true));
    const until = performance.now() + 2_500;
    while (performance.now() < until)
      expect(await client.request(GetPoints, { userId: v7() }, { deadlineMs: 2_000 })).toEqual({ points: 7 });
    expect(heard).toEqual([]);
    await client.close();
    await createServiceUsers(broker);
  });
});
