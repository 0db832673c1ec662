import { OrderAwaitingPayment, OrderPaid, OrderShipped } from '@sluice/contracts';
import { eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { listenTo, type OpenEventSource } from '../testing/event-source.js';
import { ADDRESS, ANN, BOB, call, order, startGateway, tokenOf } from '../testing/gateway.js';
import { OrdersPeer } from '../testing/orders-peer.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

/** Longer than any test here runs: with it as interval, a stream receives changes by facts alone. */
const NEVER_MS = '600000';
const TOTAL = { amount: 500, currency: 'EUR' };

let broker: TestBroker;
let orders: Peer<OrdersPeer>;
/** `listening` receives facts and does not poll; `polling` also reads every 100 ms. */
let listening: Gateway;
let polling: Gateway;
let [ann, bob, admin] = ['', '', ''];
const opened: OpenEventSource[] = [];

const start = async (settings: Record<string, string>): Promise<Gateway> => {
  const gateway = await startGateway({ AMQP_URL: broker.url, ...settings });
  await gateway.app.listen(0, '127.0.0.1');
  await eventually(async () => expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 200 }));
  return gateway;
};

beforeAll(async () => {
  broker = await testBroker();
  orders = await startPeer(broker, 'orders', OrdersPeer);
  [listening, polling] = await Promise.all([
    start({ STREAM_REFRESH_MS: NEVER_MS }),
    start({ STREAM_REFRESH_MS: '100', REPLY_TIMEOUT_MS: '200' }),
  ]);
  [ann, bob, admin] = await Promise.all([tokenOf(ANN), tokenOf(BOB), tokenOf(BOB, { role: 'admin' })]);
  await eventually(async () =>
    expect(
      (await broker.management.get<{ source: string }[]>(`bindings/${broker.vhost}`)).filter(
        ({ source }) => source === 'shop.live',
      ),
    ).toHaveLength(2),
  );
});
afterEach(() => {
  for (const stream of opened.splice(0)) stream.cut();
});
afterAll(async () => {
  await Promise.all([listening.stop(), polling.stop()]);
  await orders.stop();
  await broker.close();
});

async function place(): Promise<string> {
  const { status, body } = await call(listening, 'POST', '/orders', { as: ann, body: order() });
  expect([201, 202]).toContain(status);
  return String(body['id']);
}
const follow = async (
  id: string,
  {
    gateway = listening,
    as = ann,
    lastEventId,
  }: { gateway?: Gateway; as?: string; lastEventId?: string | number } = {},
): Promise<OpenEventSource> => {
  const stream = await listenTo(gateway, `/orders/${id}/stream`, {
    as,
    ...(lastEventId !== undefined && { lastEventId }),
  });
  opened.push(stream);
  return stream;
};
const idsOf = (stream: OpenEventSource): number[] => stream.events().map(({ id }) => Number(id));
const received = (stream: OpenEventSource, ids: number[]): Promise<void> =>
  eventually(() => expect(idsOf(stream)).toEqual(ids));
/** How often it was asked whether the order has changed. */
const checksOf = (id: string): number => orders.peer.checks.filter((ids) => ids.includes(id)).length;
/** Changes the order and publishes the fact. */
const changes = {
  awaitingPayment: (id: string) =>
    publish(broker, OrderAwaitingPayment, {
      ...orders.peer.change(id, 'awaiting_payment'),
      total: TOTAL,
      payBy: '2026-11-21T12:30:00Z',
    }),
  paid: (id: string) =>
    publish(broker, OrderPaid, {
      ...orders.peer.change(id, 'paid'),
      total: TOTAL,
      lines: [],
      allocation: [],
      address: ADDRESS,
    }),
  shipped: (id: string) => publish(broker, OrderShipped, orders.peer.change(id, 'shipped')),
};

describe('the stream of an order', () => {
  it('sends the past changes, and then every change as it happens', async () => {
    const id = await place();
    const stream = await follow(id);
    expect(stream).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        'x-correlation-id': expect.any(String),
      },
    });
    await received(stream, [1]);
    await changes.awaitingPayment(id);
    await received(stream, [1, 2]);
    await changes.paid(id);
    await received(stream, [1, 2, 3]);
    expect(stream.text()).toMatch(/^retry: 1000\n\nid: 1\nevent: order\ndata: \{/);
    expect(stream.events()[1]).toMatchObject({
      event: 'order',
      data: {
        id,
        status: 'awaiting_payment',
        total: TOTAL,
        change: { type: 'awaiting_payment', detail: {}, at: expect.any(String) },
      },
    });
  });

  it('sends concurrent changes in order and once each', async () => {
    const id = await place();
    const stream = await follow(id);
    await Promise.all([changes.awaitingPayment(id), changes.paid(id), changes.shipped(id)]);
    await received(stream, [1, 2, 3, 4]);
    expect(stream.events().map(({ data }) => data['status'])).toEqual([
      'pending',
      'awaiting_payment',
      'paid',
      'shipped',
    ]);
  });

  it('resumes after a disconnect, without gaps or repeats', async () => {
    const id = await place();
    const first = await follow(id);
    await changes.awaitingPayment(id);
    await received(first, [1, 2]);
    first.cut();
    await changes.paid(id);
    const second = await follow(id, { lastEventId: 2 });
    await received(second, [3]);
    await changes.shipped(id);
    await received(second, [3, 4]);
  });

  it('ends after a final change, and is 204 to a client that has received it', async () => {
    const id = await place();
    const stream = await follow(id);
    await received(stream, [1]);
    await call(listening, 'POST', `/orders/${id}/cancellation`, { as: ann });
    const again = await follow(id, { lastEventId: 1 });
    expect(await again.ended).toBe(true);
    expect(idsOf(again)).toEqual([2]);
    const over = await follow(id, { lastEventId: 2 });
    expect(over).toMatchObject({ status: 204, headers: { 'cache-control': 'no-store' } });
    expect(await over.ended).toBe(true);
  });

  it('is 404 for another user and for an unknown order, open to an admin, 401 without a token', async () => {
    const id = await place();
    expect(await follow(id, { as: bob })).toMatchObject({
      status: 404,
      headers: { 'content-type': expect.stringContaining('application/problem+json') },
    });
    expect(await follow(ANN)).toMatchObject({ status: 404 });
    expect(await follow(id, { as: 'a.b.c' })).toMatchObject({ status: 401 });
    const stream = await follow(id, { as: admin });
    await received(stream, [1]);
    await changes.awaitingPayment(id);
    await received(stream, [1, 2]);
  });

  it.each(['', '-1', '1.5', 'last', '1, 2', '99999999999', '2147483648'])(
    'is 400 after the event "%s"',
    async (lastEventId) => {
      expect(await follow(ANN, { lastEventId })).toMatchObject({
        status: 400,
        headers: { 'content-type': expect.stringContaining('application/problem+json') },
      });
    },
  );

  it('is 400 after an event that it never sent, before and after its end', async () => {
    const id = await place();
    for (const lastEventId of [2, 999, 2_147_483_647])
      expect(await follow(id, { lastEventId })).toMatchObject({ status: 400 });
    await call(listening, 'POST', `/orders/${id}/cancellation`, { as: ann });
    for (const lastEventId of [3, 999]) expect(await follow(id, { lastEventId })).toMatchObject({ status: 400 });
    expect(await follow(id, { lastEventId: 2 })).toMatchObject({ status: 204 });
    expect(await follow(id, { as: bob, lastEventId: 999 })).toMatchObject({ status: 404 });
  });

  it('sends a change without a fact', async () => {
    const id = await place();
    const stream = await follow(id, { gateway: polling });
    await received(stream, [1]);
    orders.peer.change(id, 'awaiting_payment');
    await received(stream, [1, 2]);
  });

  it('loses nothing when the connection for facts breaks', async () => {
    const id = await place();
    const stream = await follow(id);
    await received(stream, [1]);
    await broker.management.closeConnectionsNamed('gateway listens', 2);
    // The gateways' queues for this fact are deleted, and the new ones do not exist yet.
    await changes.awaitingPayment(id);
    await received(stream, [1, 2]);
    await changes.paid(id);
    await received(stream, [1, 2, 3]);
  });
});

describe('many streams', () => {
  it('are asked about in one query, and none reads its order while nothing changes', async () => {
    const ids = await Promise.all([place(), place(), place()]);
    const all = await Promise.all([...ids, ...ids].map((id) => follow(id, { gateway: polling })));
    for (const stream of all) await received(stream, [1]);
    await eventually(() => expect(orders.peer.checks.at(-1)?.toSorted()).toEqual(ids.toSorted()));
    const reads = orders.peer.changeRequests.length;
    const checks = checksOf(ids[0]!);
    await eventually(() => expect(checksOf(ids[0]!)).toBeGreaterThan(checks + 5));
    expect(orders.peer.changeRequests).toHaveLength(reads);
  });

  it('of one order read a change together', async () => {
    const id = await place();
    const all = await Promise.all(Array.from({ length: 5 }, () => follow(id)));
    for (const stream of all) await received(stream, [1]);
    const reads = orders.peer.changeRequests.length;
    await changes.awaitingPayment(id);
    for (const stream of all) await received(stream, [1, 2]);
    expect(orders.peer.changeRequests).toHaveLength(reads + 1);
  });
});

describe('the stream of an order that does not exist yet', () => {
  /** Runs `work` while orders is down, and starts orders again. */
  const whileDown = async <T>(work: () => Promise<T>): Promise<T> => {
    await orders.stop();
    try {
      return await work();
    } finally {
      orders = await startPeer(broker, 'orders', OrdersPeer);
    }
  };

  it.each(['listening', 'polling'] as const)(
    'opens while orders is down, and sends the outcome later (%s)',
    async (how) => {
      const gateway = { listening, polling }[how];
      const { id, stream } = await whileDown(async () => {
        const id = await place();
        const stream = await follow(id, { gateway });
        expect(stream).toMatchObject({ status: 200 });
        return { id, stream };
      });
      await eventually(() => expect(orders.peer.orders.has(id)).toBe(true));
      if (how === 'listening') await changes.awaitingPayment(id);
      await received(stream, how === 'listening' ? [1, 2] : [1]);
    },
  );

  it('sends nothing of another user’s order, and does not even query it', async () => {
    const { id, stream } = await whileDown(async () => {
      const id = await place();
      return { id, stream: await follow(id, { as: bob }) };
    });
    const mine = await eventually(async () => {
      expect(orders.peer.orders.has(id)).toBe(true);
      return follow(id);
    });
    await changes.awaitingPayment(id);
    await received(mine, [1, 2]);
    expect(orders.peer.changeRequests).toEqual([0, 1]);
    expect(idsOf(stream)).toEqual([]);
  });

  it('ends when Last-Event-ID proves to be no event of the order, and is 400 then', async () => {
    const { id, stream, truthful } = await whileDown(async () => {
      const id = await place();
      return {
        id,
        stream: await follow(id, { gateway: polling, lastEventId: 7 }),
        truthful: await follow(id, { gateway: polling, lastEventId: 1 }),
      };
    });
    expect(await stream.ended).toBe(true);
    expect(idsOf(stream)).toEqual([]);
    expect(await follow(id, { lastEventId: 7 })).toMatchObject({ status: 400 });
    orders.peer.change(id, 'awaiting_payment');
    await received(truthful, [2]);
  });

  it('does not time out once the order exists', async () => {
    const patient = await start({
      STREAM_REFRESH_MS: '50',
      STREAM_PATIENCE_MS: '3000',
      STREAM_HEARTBEAT_MS: '100',
      REPLY_TIMEOUT_MS: '200',
    });
    const { id, stream } = await whileDown(async () => {
      const id = await place();
      return { id, stream: await follow(id, { gateway: patient }) };
    });
    await received(stream, [1]);
    // So many heartbeats take longer than STREAM_PATIENCE_MS.
    await eventually(() =>
      expect(
        stream
          .text()
          .split('\n\n')
          .filter((block) => block === ':').length,
      ).toBeGreaterThan(35),
    );
    orders.peer.change(id, 'awaiting_payment');
    await received(stream, [1, 2]);
    await patient.stop();
  });

  it('ends after STREAM_PATIENCE_MS, and not because orders returns 404', async () => {
    const impatient = await start({ STREAM_REFRESH_MS: '50', STREAM_PATIENCE_MS: '1500', REPLY_TIMEOUT_MS: '200' });
    const stream = await whileDown(() => follow(ANN, { gateway: impatient }));
    const checksBefore = checksOf(ANN);
    expect(stream).toMatchObject({ status: 200 });
    expect(await stream.ended).toBe(true);
    expect(checksOf(ANN)).toBeGreaterThan(checksBefore);
    expect(idsOf(stream)).toEqual([]);
    await impatient.stop();
  });
});
