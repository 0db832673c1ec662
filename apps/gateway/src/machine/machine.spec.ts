import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import {
  CreateCoupon,
  EXCHANGES,
  GetPoints,
  OrderCompleted,
  OrderPaid,
  OrderShipped,
  type Reply,
} from '@sluice/contracts';
import { On } from '@sluice/messaging';
import { createServiceUsers, eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { listenTo, type OpenEventSource } from '../testing/event-source.js';
import { ANN, BOB, call, startGateway, tokenOf } from '../testing/gateway.js';
import { startPeer, type Peer } from '../testing/start-peer.js';
import type { Snapshot } from './snapshot.js';

const QUEUE = 'promotions.events';
const PAID = {
  ...{ orderId: '0198c0de-0000-8000-8000-000000000001', userId: '0198c0de-0000-7000-8000-000000000002', version: 1 },
  ...{ lines: [], allocation: [], total: { amount: 100, currency: 'EUR' } },
  address: { name: 'Ann', street: '1', city: 'Bonn', postcode: '1', country: 'DE' },
};

/** Takes `ms` for each fact. */
@Controller()
class SlowPeer {
  ms = 0;

  @On(OrderCompleted)
  completed(): Promise<void> {
    return pause(this.ms);
  }

  @On(GetPoints)
  async points(): Promise<Reply<typeof GetPoints>> {
    return { points: 7 };
  }

  @On(CreateCoupon)
  create(): Promise<never> {
    throw new Error('nobody asks for one');
  }
}

let broker: TestBroker;
let gateway: Gateway;
let urls: Record<string, string>;
let promotions: Peer<SlowPeer> | undefined;
let stream: OpenEventSource;
let admin: string;
beforeAll(async () => {
  broker = await testBroker();
  urls = await createServiceUsers(broker);
  gateway = await startGateway({ AMQP_URL: urls['gateway']! });
  await gateway.app.listen(0, '127.0.0.1');
  admin = await tokenOf(ANN, { role: 'admin' });
  stream = await listenTo(gateway, '/ops/stream', { as: admin });
});
afterAll(async () => {
  stream?.cut();
  await promotions?.stop();
  await gateway?.stop();
  await broker?.close();
});

const start = async (): Promise<void> =>
  void (promotions = await startPeer({ url: urls['promotions']! }, 'promotions', SlowPeer));
const snapshots = (): Snapshot[] => stream.events().map(({ data }) => data as unknown as Snapshot);
const last = (): Snapshot => snapshots().at(-1)!;
const processes = (name = 'promotions') => last().services.find(({ service }) => service === name)?.processes ?? [];
const queue = ({ queues }: Snapshot) => queues.find((one) => one.queue === QUEUE);

describe('the stream of the control room', () => {
  it('is for admins', async () => {
    expect((await call(gateway, 'GET', '/ops/stream', { as: await tokenOf(BOB) })).status).toBe(403);
    expect((await call(gateway, 'GET', '/ops/stream')).status).toBe(401);
  });

  it('shows each process within seconds, the gateway too, and one that falls silent as gone within 3 s', async () => {
    await start();
    await eventually(() => expect(processes()).toMatchObject([{ gone: false }]), { withinMs: 10_000 });
    expect(processes('gateway')).toMatchObject([{ gone: false }]);
    await promotions!.stop();
    promotions = undefined;
    const stopped = performance.now();
    await eventually(() => expect(processes()).toMatchObject([{ gone: true }]), { withinMs: 5_000 });
    expect(performance.now() - stopped).toBeLessThan(3_200);
  });

  it('shows how the queue of a service that is gone grows', async () => {
    await publishFor(500, 100);
    await eventually(() => expect(queue(last())?.ready).toBe(50), { withinMs: 5_000 });
    await start();
    await eventually(() => expect(queue(last())).toMatchObject({ ready: 0, consumers: 2 }), { withinMs: 10_000 });
  });
});

describe('the facts of the control room', () => {
  it('are those that are said, first the last ones, of the wanted order, without the pulses', async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const say = (orderId: string) =>
      publish(broker, OrderShipped, { orderId, userId: randomUUID(), version: 1 }, { as: 'orders' });
    await say(one);
    const listener = await listenTo(gateway, `/ops/facts?pattern=order.*&orderId=${one}`, { as: admin });
    await say(other);
    await say(one);
    const facts = () => listener.events().flatMap(({ data }) => data['facts'] as object[]);
    await eventually(() => expect(facts()).toHaveLength(2));
    for (const fact of facts()) expect(fact).toMatchObject({ type: 'order.shipped', data: { orderId: one } });
    listener.cut();
    await publish(broker, OrderPaid, { ...PAID, orderId: other }, { as: 'orders' });
    const paid = await listenTo(gateway, `/ops/facts?pattern=order.paid&orderId=${other}`, { as: admin });
    await eventually(() => expect(paid.text()).toContain(other));
    expect(paid.text()).not.toMatch(/Bonn|Ann/);
    paid.cut();
    expect((await call(gateway, 'GET', '/ops/facts', { as: await tokenOf(BOB) })).status).toBe(403);
    expect((await call(gateway, 'GET', '/ops/facts?pattern=..', { as: admin })).status).toBe(422);
  });
});

const BODY = Buffer.from(JSON.stringify(PAID));
const properties = () => ({
  ...{ type: 'order.completed', contentType: 'application/json', persistent: true, userId: broker.userOf('orders') },
  messageId: randomUUID(),
  headers: { version: 1, time: new Date().toISOString(), 'correlation-id': 'load' },
});

/** Publishes evenly for so long. */
async function publishFor(ms: number, perSecond: number): Promise<void> {
  const channel = await broker.connection.createConfirmChannel();
  const [began, total] = [performance.now(), Math.round((ms / 1_000) * perSecond)];
  for (let sent = 0; sent < total; await pause(10)) {
    const due = Math.min(total, Math.ceil(((performance.now() - began) / 1_000) * perSecond));
    for (; sent < due; sent++) channel.publish(EXCHANGES.events, 'order.completed', BODY, properties());
  }
  await channel.waitForConfirms();
  await channel.close();
}

interface Managed {
  messages_ready: number;
  messages_unacknowledged: number;
  message_stats: { publish_details: { rate: number }; ack_details: { rate: number } };
}

/** What the broker's management says of the queue, every second until the work is done. */
async function managedDuring(work: Promise<void>): Promise<Managed[]> {
  let done = false;
  void work.finally(() => (done = true));
  const samples: Managed[] = [];
  for (; !done; await pause(1_000)) samples.push(await broker.management.get(`queues/${broker.vhost}/${QUEUE}`));
  return samples;
}

const mean = <T>(samples: readonly T[], of: (sample: T) => number | undefined): number =>
  samples.reduce((sum, sample) => sum + (of(sample) ?? NaN), 0) / samples.length;

/** The broker samples every 5 s, and both show the mean of 5 s: before that the load is not in the figures. Seconds. */
const SETTLED_AFTER = 11;

describe('the figures of a queue', () => {
  it("over 30 s of load are those of the broker's own management within 5 %", async () => {
    promotions!.peer.ms = 400; // of 100 at once: 250 a second
    await publishFor(300, 10_000);
    const from = snapshots().length;
    const samples = await managedDuring(publishFor(30_000 + SETTLED_AFTER * 1_000, 240));
    const [managed, shown] = [
      samples.slice(SETTLED_AFTER),
      snapshots()
        .slice(from + SETTLED_AFTER)
        .map(queue),
    ];
    expect(shown.length).toBeGreaterThan(25);
    for (const [figure, ours, theirs] of [
      ['ready', mean(shown, (one) => one?.ready), mean(managed, (one) => one.messages_ready)],
      [
        'unacknowledged',
        mean(shown, (one) => one?.unacknowledged),
        mean(managed, (one) => one.messages_unacknowledged),
      ],
      ['in', mean(shown, (one) => one?.in), mean(managed, (one) => one.message_stats.publish_details.rate)],
      ['out', mean(shown, (one) => one?.out), mean(managed, (one) => one.message_stats.ack_details.rate)],
    ] as const)
      expect(Math.abs(ours - theirs) / theirs, `${figure}: ${ours}, by the broker ${theirs}`).toBeLessThan(0.05);
    promotions!.peer.ms = 0;
  }, 90_000);
});
