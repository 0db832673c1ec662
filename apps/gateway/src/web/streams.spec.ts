import { connect, type Socket } from 'node:net';
import { depth, eventually, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { listenTo, type OpenEventSource } from '../testing/event-source.js';
import { ANN, BOB, call, order, startGateway, tokenOf } from '../testing/gateway.js';
import { OrdersPeer } from '../testing/orders-peer.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

/** With this interval, a stream reads changes without facts. */
const OFTEN = { STREAM_REFRESH_MS: '100' };

let broker: TestBroker;
let orders: Peer<OrdersPeer>;
let gateway: Gateway;
let [ann, bob] = ['', ''];
const started: Gateway[] = [];
const opened: { cut(): void }[] = [];

const start = async (settings: Record<string, string> = OFTEN): Promise<Gateway> => {
  gateway = await startGateway({ AMQP_URL: broker.url, ...settings });
  started.push(gateway);
  await gateway.app.listen(0, '127.0.0.1');
  await eventually(async () => expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 200 }));
  return gateway;
};

beforeAll(async () => {
  broker = await testBroker();
  orders = await startPeer(broker, 'orders', OrdersPeer);
  [ann, bob] = await Promise.all([tokenOf(ANN), tokenOf(BOB)]);
});
afterEach(async () => {
  for (const stream of opened.splice(0)) stream.cut();
  await Promise.all(started.splice(0).map((one) => one.stop()));
});
afterAll(async () => {
  await orders.stop();
  await broker.close();
});

async function place(as = ann): Promise<string> {
  const { status, body } = await call(gateway, 'POST', '/orders', { as, body: order() });
  expect(status).toBe(201);
  return String(body['id']);
}
async function follow(id: string, as = ann): Promise<OpenEventSource> {
  const stream = await listenTo(gateway, `/orders/${id}/stream`, { as });
  opened.push(stream);
  return stream;
}
const idsOf = (stream: OpenEventSource): string[] => stream.events().map(({ id }) => id);

/** Opens a stream and never reads from it. */
async function followWithoutReading(id: string): Promise<{ gone(): boolean; unsent(): number }> {
  const { port } = new URL(await gateway.app.getUrl());
  let atGateway: Socket | undefined;
  // The gateway's end shows whether it was disconnected: this end does not read, so it would not detect it.
  gateway.app.getHttpServer().once('connection', (socket: Socket) => (atGateway = socket));
  const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
  socket.pause().write(`GET /orders/${id}/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ann}\r\n\r\n`);
  opened.push({ cut: () => socket.destroy() });
  return { gone: () => atGateway?.destroyed === true, unsent: () => atGateway?.writableLength ?? 0 };
}

describe('an idle stream', () => {
  it('sends a heartbeat at its interval, and nothing in between', async () => {
    await start({ STREAM_HEARTBEAT_MS: '200' });
    const id = await place();
    const before = performance.now();
    const stream = await follow(id);
    const beats = () =>
      stream
        .text()
        .split('\n\n')
        .filter((block) => block === ':').length;
    await eventually(() => expect(beats()).toBeGreaterThanOrEqual(3));
    const count = beats();
    expect(performance.now() - before).toBeGreaterThan(count * 200 - 10);
    expect(idsOf(stream)).toEqual(['1']);
  });
});

describe('a client that does not read', () => {
  /** More than the operating system buffers for a connection on this machine: 4 MB to send and 128 kB to receive. */
  const flood = (id: string): void => {
    for (let n = 0; n < 8; n++) orders.peer.change(id, 'paid', { text: 'x'.repeat(1024 * 1024) });
  };

  it('is disconnected, and others continue', async () => {
    await start();
    const id = await place();
    const deaf = await followWithoutReading(id);
    const reading = await follow(id);
    await eventually(() => expect(idsOf(reading)).toEqual(['1']));
    flood(id);
    await eventually(() => expect(idsOf(reading)).toHaveLength(9));
    await eventually(() => expect(deaf.gone()).toBe(true));
    orders.peer.change(id, 'shipped');
    await eventually(() => expect(idsOf(reading)).toHaveLength(10));
  });

  it('does not prevent a gateway from stopping', async () => {
    await start();
    const id = await place();
    const deaf = await followWithoutReading(id);
    flood(id);
    await eventually(() => expect(deaf.unsent()).toBeGreaterThan(64 * 1024));
    const before = performance.now();
    await gateway.stop();
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(deaf.gone()).toBe(true);
  });
});

describe('a slow client', () => {
  it('receives more than its buffer holds, as it reads', async () => {
    await start({ ...OFTEN, STREAM_BUFFER_BYTES: '1' });
    const id = await place();
    for (let n = 0; n < 20; n++) orders.peer.change(id, 'paid', { text: 'x'.repeat(100_000) });
    const stream = await follow(id);
    await eventually(() => expect(idsOf(stream)).toEqual(Array.from({ length: 21 }, (_, n) => String(n + 1))));
  });
});

describe('open streams', () => {
  it('are limited for a gateway: 503 beyond the limit, until one ends', async () => {
    await start({ ...OFTEN, STREAM_LIMIT: '2' });
    const [mine, theirs] = [await place(), await place(bob)];
    const one = await follow(mine);
    await follow(theirs, bob);
    expect(await follow(mine)).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(await follow(theirs, bob)).toMatchObject({ status: 503 });
    one.cut();
    await eventually(async () => expect(await follow(mine)).toMatchObject({ status: 200 }));
  });

  it('are limited to twenty for a user: 429 beyond them, whatever other users do', async () => {
    await start();
    const [mine, theirs] = [await place(), await place(bob)];
    const streams = await Promise.all(Array.from({ length: 20 }, () => follow(mine)));
    expect(streams.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await follow(mine)).toMatchObject({ status: 429, headers: { 'retry-after': '5' } });
    expect(await follow(theirs, bob)).toMatchObject({ status: 200 });
    streams[7]!.cut();
    await eventually(async () => expect(await follow(mine)).toMatchObject({ status: 200 }));
  });

  it('do not include streams that were refused or have ended', async () => {
    await start({ ...OFTEN, STREAM_LIMIT: '1' });
    const id = await place();
    for (let n = 0; n < 3; n++) expect(await follow(BOB)).toMatchObject({ status: 404 });
    await call(gateway, 'POST', `/orders/${id}/cancellation`, { as: ann });
    for (let n = 0; n < 3; n++) {
      const stream = await eventually(async () => {
        const again = await follow(id);
        expect(again.status).toBe(200);
        return again;
      });
      expect(await stream.ended).toBe(true);
    }
  });

  it('do not include HEAD, which gets the headers of the stream', async () => {
    await start({ ...OFTEN, STREAM_LIMIT: '1' });
    const url = `${await gateway.app.getUrl()}/orders/${await place()}/stream`;
    for (let n = 0; n < 3; n++) {
      const response = await eventually(async () => {
        const head = await fetch(url, { method: 'HEAD', headers: { authorization: `Bearer ${ann}` } });
        expect(head.status).toBe(200);
        return head;
      });
      expect(response.headers.get('content-type')).toBe('text/event-stream');
    }
  });

  it('are not looked after any more when their client has disconnected', async () => {
    await start();
    const [one, other] = [await place(), await place()];
    const [aborted] = [await follow(one), await follow(other)];
    await eventually(() => expect(orders.peer.checks.at(-1)).toEqual([one, other]));
    aborted.cut();
    await eventually(() => expect(orders.peer.checks.at(-1)).toEqual([other]));
  });
});

describe('streams whose clients have disconnected', () => {
  it('leave no timers behind', async () => {
    await start({ STREAM_REFRESH_MS: '600000' });
    const id = await place();
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const streams = await Promise.all(Array.from({ length: 20 }, () => follow(id)));
    for (const stream of streams) await eventually(() => expect(idsOf(stream)).toEqual(['1']));
    // Each stream has a timer for its heartbeat. The rest of the process has a few.
    expect(timers()).toBeGreaterThan(before + 15);
    for (const stream of streams) stream.cut();
    await eventually(() => expect(timers()).toBeLessThan(before + 5));
  });
});

describe('a gateway without a broker', () => {
  it('still opens a stream, for a client that waits for the outcome of an order', async () => {
    gateway = await startGateway({ AMQP_URL: 'amqp://127.0.0.1:1', STREAM_HEARTBEAT_MS: '50' });
    started.push(gateway);
    await gateway.app.listen(0, '127.0.0.1');
    const stream = await follow(ANN);
    expect(stream).toMatchObject({ status: 200 });
    await eventually(() => expect(stream.text()).toMatch(/^retry: 1000\n\n:\n\n/));
  });
});

describe('a gateway that is stopping', () => {
  it('ends its streams at once and in order, without losing sent events', async () => {
    await start();
    const id = await place();
    const streams = await Promise.all([follow(id), follow(id), follow(id)]);
    for (const stream of streams) await eventually(() => expect(idsOf(stream)).toEqual(['1']));
    const before = performance.now();
    await gateway.stop();
    expect(performance.now() - before).toBeLessThan(2_000);
    for (const stream of streams) expect(await stream.ended).toBe(true);
  });

  it('opens no stream that is requested meanwhile', async () => {
    await start({ REPLY_TIMEOUT_MS: '1000' });
    const id = await place();
    await orders.stop();
    const late = follow(id);
    await eventually(async () => expect(await depth(broker, 'orders.queries')).toBe(1));
    await gateway.stop();
    expect(await late).toMatchObject({
      status: 503,
      headers: { 'content-type': expect.stringContaining('application/problem+json') },
    });
    orders = await startPeer(broker, 'orders', OrdersPeer);
  });
});

describe('a setting of the streams that is not valid', () => {
  it.each(['STREAM_HEARTBEAT_MS', 'STREAM_REFRESH_MS', 'STREAM_PATIENCE_MS', 'STREAM_BUFFER_BYTES', 'STREAM_LIMIT'])(
    'prevents the start of the gateway, and is named: %s',
    async (name) => {
      await expect(startGateway({ AMQP_URL: broker.url, [name]: 'many' })).rejects.toThrow(`${name} is not valid`);
    },
  );
});
