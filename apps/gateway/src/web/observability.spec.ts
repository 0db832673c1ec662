import { eventually, testBroker, type TestBroker } from '@sluice/testing';
import { register } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Gateway } from '../gateway.js';
import { startCollector, type Collector, type ReceivedSpan } from '../testing/collector.js';
import { listenTo } from '../testing/event-source.js';
import { ANN, call, order, startGateway, tokenOf } from '../testing/gateway.js';
import { OrdersPeer } from '../testing/orders-peer.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

const PARENT = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const SERVER = 2;

let broker: TestBroker;
let collector: Collector;
let orders: Peer<OrdersPeer> | undefined;
let gateway: Gateway;
let ann: string;

beforeAll(async () => {
  register.resetMetrics(); // other files of this process have counted as well
  [broker, collector, ann] = await Promise.all([testBroker(), startCollector(), tokenOf(ANN)]);
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '10');
  gateway = await startGateway({ AMQP_URL: broker.url, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  await gateway.app.listen(0, '127.0.0.1');
  await eventually(async () => expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 200 }));
});
afterAll(async () => {
  await gateway.stop();
  await orders?.stop();
  collector.close();
  await broker.close();
  vi.unstubAllEnvs();
});

async function values(name: string): Promise<Record<string, number>> {
  const metric = await register.getSingleMetric(name)!.get();
  return Object.fromEntries(metric.values.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}
const requests = () => values('sluice_http_requests_total');
const span = (test: (one: ReceivedSpan) => boolean): Promise<ReceivedSpan> =>
  eventually(() => collector.spans.find(test) ?? expect.unreachable());
const place = (headers: Record<string, string>) =>
  call(gateway, 'POST', '/orders', { as: ann, body: order(), headers });

describe('the HTTP metrics', () => {
  it('are labelled by route pattern and status, whatever path was requested', async () => {
    for (const id of ['a', 'b']) await call(gateway, 'GET', `/orders/${id}?q=${id}`);
    for (const path of ['/nowhere', '/some/where/else']) await call(gateway, 'GET', path);
    await call(gateway, 'PROPFIND' as 'GET', '/orders');
    await eventually(async () =>
      expect(await requests()).toMatchObject({
        'GET /orders/:id 401': 2,
        'GET unknown 404': 2,
        'other unknown 405': 1,
      }),
    );
    expect(Object.keys(await requests()).join()).not.toMatch(/nowhere|else|orders\/[ab]/);
  });

  it('time every response, and count a client that disconnected before its response', async () => {
    // No service replies: the gateway responds after 1 s.
    expect(await place({})).toMatchObject({ status: 202 });
    const timed = async (suffix: string): Promise<number> => {
      const text = await register.getSingleMetricAsString('sluice_http_request_seconds');
      return Number(
        new RegExp(`^sluice_http_request_seconds${suffix}\\{method="POST",route="/orders"\\} (\\S+)$`, 'm').exec(
          text,
        )?.[1],
      );
    };
    await eventually(async () => expect(await timed('_count')).toBe(1));
    expect(await timed('_sum')).toBeGreaterThan(0.9);
    const abort = new AbortController();
    gateway.app.getHttpServer().once('request', () => abort.abort());
    const headers = { authorization: `Bearer ${ann}`, 'content-type': 'application/json' };
    await expect(
      fetch(`${await gateway.app.getUrl()}/orders`, {
        method: 'POST',
        headers,
        body: JSON.stringify(order()),
        signal: abort.signal,
      }),
    ).rejects.toThrow('abort');
    await eventually(async () =>
      expect(await requests()).toMatchObject({ 'POST /orders 202': 1, 'POST /orders 499': 1 }),
    );
  });

  it('count open streams, and do not time them', async () => {
    orders ??= await startPeer(broker, 'orders', OrdersPeer);
    const { body } = await place({});
    const stream = await listenTo(gateway, `/orders/${String(body['id'])}/stream`, { as: ann });
    expect([stream.status, await values('sluice_http_streams')]).toEqual([200, { '': 1 }]);
    stream.cut();
    await eventually(async () => expect(await requests()).toMatchObject({ 'GET /orders/:id/stream 200': 1 }));
    expect(await values('sluice_http_streams')).toEqual({ '': 0 });
    expect(Object.keys(await values('sluice_http_request_seconds')).join()).not.toContain('stream');
  });
});

describe('the span of a request', () => {
  it("is a child of the caller's, and the parent of the messages sent for it", async () => {
    orders ??= await startPeer(broker, 'orders', OrdersPeer);
    const { status } = await place({ traceparent: `00-${PARENT.traceId}-${PARENT.spanId}-01` });
    expect(status).toBe(201);
    const server = await span(({ traceId, kind }) => traceId === PARENT.traceId && kind === SERVER);
    expect(server).toMatchObject({ name: 'POST /orders', parentSpanId: PARENT.spanId });
    expect(server.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/orders',
      'url.scheme': 'http',
      'http.response.status_code': 201,
    });
    expect(
      await span(({ name, traceId }) => name === 'orders.place request' && traceId === PARENT.traceId),
    ).toMatchObject({ parentSpanId: server.spanId });
  });

  it('starts a new trace when the caller has none, and contains no tickets, ids or queries', async () => {
    await call(gateway, 'GET', '/orders/secret?q=secret', {
      headers: { traceparent: 'nonsense', authorization: 'Bearer secret' },
    });
    const server = await span(
      ({ name, attributes }) => name === 'GET /orders/:id' && attributes['http.response.status_code'] === 401,
    );
    expect(server.parentSpanId).toBeUndefined();
    expect(JSON.stringify(collector.spans)).not.toContain('secret');
  });

  it('is an error only from 500 on', async () => {
    await orders?.stop();
    orders = undefined;
    await call(gateway, 'GET', '/orders/00000000-0000-7000-8000-000000000001', { as: ann });
    const failed = await span(({ name, status }) => name === 'GET /orders/:id' && status.code === 2);
    expect(failed.attributes).toMatchObject({
      'error.type': String(failed.attributes['http.response.status_code']),
      'http.response.status_code': expect.toSatisfy((status: number) => status >= 500),
    });
    expect(
      collector.spans.filter(
        ({ attributes, status }) => Number(attributes['http.response.status_code']) < 500 && status.code === 2,
      ),
    ).toEqual([]);
  });
});
