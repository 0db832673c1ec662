import { EXCHANGES, ExpirePayment, GetOrder } from '@sluice/contracts';
import { depth, eventually, freePort, publish, testBroker, type TestBroker } from '@sluice/testing';
import { register } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MessageClient } from './client.js';
import { PermanentError, ProblemError } from './errors.js';
import { Publisher } from './publisher.js';
import { whenScraped } from './scrape.js';
import { Do, Happened, handles, SERVICES, startService, stopServices, TIERS_MS } from './testing/probe.js';

let broker: TestBroker;
let client: MessageClient;
beforeAll(async () => {
  broker = await testBroker({
    tiersMs: TIERS_MS,
    services: { ...SERVICES, orders: { commands: [ExpirePayment], queries: [GetOrder] } },
  });
});
beforeEach(async () => {
  register.resetMetrics();
  client = new MessageClient({ url: broker.url, source: 'test' });
  await eventually(() => expect(client.publisher.ready).toBe(true));
});
afterEach(async () => {
  await stopServices();
  await client.close();
  const channel = await broker.connection.createChannel();
  for (const queue of ['orders.commands', 'probe.commands']) await channel.purgeQueue(queue);
  await channel.close();
});
afterAll(() => broker.close());

const ORDER = { orderId: '0198c0de-0000-7000-8000-000000000001' };
const within = (deadlineMs = 5_000) => ({ deadlineMs });

/** Samples of one metric as a scrape shows them; of a histogram, only its counts. */
async function scraped(name: string): Promise<Record<string, number>> {
  const lines = (await register.getSingleMetricAsString(name))
    .split('\n')
    .filter((line) => line !== '' && !/^#|_bucket|_sum/.test(line));
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')).replace(name, ''),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}
const shows = (name: string, samples: Record<string, number>) =>
  eventually(async () => expect(await scraped(name)).toEqual(samples));

describe('publishing', () => {
  it('is counted by type and outcome, and timed', async () => {
    await client.post(ExpirePayment, ORDER, within());
    await broker.management.delete(`bindings/${broker.vhost}/e/shop.commands/q/orders.commands/orders.expire-payment`);
    await expect(client.post(ExpirePayment, ORDER, within())).rejects.toThrow();
    await shows('sluice_messages_published_total', {
      '{type="orders.expire-payment",outcome="confirmed"}': 1,
      '{type="orders.expire-payment",outcome="unroutable"}': 1,
    });
    await shows('sluice_publish_seconds', { _count: 2 });
    const channel = await broker.connection.createChannel();
    await channel.bindQueue('orders.commands', EXCHANGES.commands, 'orders.expire-payment');
    await channel.close();
  });

  it('of types that are not in the catalogue is counted under one label', async () => {
    await client.post(Do, { n: 1 }, within());
    await shows('sluice_messages_published_total', { '{type="other",outcome="confirmed"}': 1 });
  });
});

describe('handling', () => {
  it('is counted by ending, and timed', async () => {
    let failures = 1;
    await startService(
      broker,
      [
        handles(ExpirePayment, async () => {
          if (failures-- > 0) throw new Error('not yet');
        }),
      ],
      { service: 'orders' },
    );
    await publish(broker, ExpirePayment, ORDER);
    const labels = 'queue="orders.commands",type="orders.expire-payment"';
    await shows('sluice_messages_handled_total', {
      [`{${labels},ending="retry"}`]: 1,
      [`{${labels},ending="ack"}`]: 1,
    });
    await shows('sluice_handle_seconds', { [`_count{${labels}}`]: 2 });
  });

  it('that ends in a dead letter is counted as such, also in the depth of the dead-letter queue', async () => {
    await startService(broker, [
      handles(Happened, async () => {
        throw new PermanentError('never');
      }),
    ]);
    await publish(broker, Happened, { n: 1 });
    await shows('sluice_messages_handled_total', { '{queue="probe.events",type="other",ending="dead"}': 1 });
    await shows('sluice_queue_messages', { '{queue="probe.events"}': 0, '{queue="probe.events.dead"}': 1 });
  });

  it('that cannot publish its retry keeps the message, and returns it on shutdown', async () => {
    const own = await testBroker({ tiersMs: TIERS_MS, services: { probe: { events: [Happened] } } });
    const channel = await own.connection.createChannel();
    let tries = 0;
    await startService(own, [
      handles(Happened, async () => {
        tries += 1;
        throw new Error('once');
      }),
    ]);
    await channel.deleteQueue('probe.retry.50');
    await publish(own, Happened, { n: 1 });
    await eventually(() => expect(tries).toBe(1));
    await shows('sluice_messages_in_flight', { '{queue="probe.events"}': 1 });
    await stopServices();
    await shows('sluice_messages_handled_total', { '{queue="probe.events",type="other",ending="given_back"}': 1 });
    expect([tries, await depth(own, 'probe.events')]).toEqual([1, 1]);
    await own.close();
  });

  it('shows the messages in flight and the messages waiting in the queue', async () => {
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    await startService(broker, [handles(Do, () => finished as Promise<never>)], { prefetch: 2 });
    for (let n = 0; n < 3; n++) await publish(broker, Do, { n });
    await shows('sluice_messages_in_flight', { '{queue="probe.commands"}': 2 });
    await shows('sluice_queue_messages', { '{queue="probe.commands"}': 1, '{queue="probe.commands.dead"}': 0 });
    finish();
    await shows('sluice_messages_in_flight', { '{queue="probe.commands"}': 0 });
  });
});

it('requests are timed by outcome', async () => {
  const order = 'type="orders.order"';
  let answer: () => Promise<never> = async () => {
    throw ProblemError.of(404, 'No such order');
  };
  await startService(broker, [handles(GetOrder, () => answer())], { service: 'orders' });
  const request = (deadlineMs = 5_000) =>
    client.request(GetOrder, { ...ORDER, userId: ORDER.orderId }, within(deadlineMs)).catch(() => undefined);
  await request();
  answer = async () => {
    throw new Error('a fault');
  };
  await request();
  let finish!: (error: Error) => void;
  answer = () => new Promise((_, reject) => (finish = reject));
  await request(200);
  finish(new Error('too late'));
  expect(await scraped('sluice_rpc_seconds')).toEqual({
    [`_count{${order},outcome="refused"}`]: 1,
    [`_count{${order},outcome="failed"}`]: 1,
    [`_count{${order},outcome="timeout"}`]: 1,
  });
});

describe('the gauges of the broker', () => {
  it('show it as connected only when every connection is up', async () => {
    await shows('sluice_broker_connected', { '': 1 });
    const lost = new Publisher({ url: `amqp://127.0.0.1:${await freePort()}` });
    expect(await scraped('sluice_broker_connected')).toEqual({ '': 0 });
    await lost.close();
    expect(await scraped('sluice_broker_connected')).toEqual({ '': 1 });
  });

  it('show the depth of the queues of running servers only, and leave out queues that cannot be read', async () => {
    const { app } = await startService(broker, [handles(Do, async () => undefined)], { publisher: client.publisher });
    expect(await scraped('sluice_queue_messages')).toEqual({
      '{queue="probe.commands"}': 0,
      '{queue="probe.commands.dead"}': 0,
    });
    const channel = await broker.connection.createChannel();
    await channel.deleteQueue('probe.commands.dead');
    expect(await scraped('sluice_queue_messages')).toEqual({ '{queue="probe.commands"}': 0 });
    await app.close();
    expect(await scraped('sluice_queue_messages')).toEqual({});
  });
});

describe('a query during a scrape', () => {
  it('is left out when it fails or is late, and runs once for concurrent scrapes', async () => {
    let queries = 0;
    let answer = (): Promise<number> => new Promise(() => undefined);
    const query = whenScraped(() => (queries++, answer()));
    const began = performance.now();
    expect(await Promise.all([query(), query()])).toEqual([undefined, undefined]);
    expect([queries, performance.now() - began < 1_500]).toEqual([1, true]);
    answer = () => Promise.reject(new Error('no'));
    const failing = whenScraped(() => answer());
    expect(await failing()).toBeUndefined();
    answer = async () => 7;
    expect(await failing()).toBe(7);
  });
});
