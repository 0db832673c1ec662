import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { eventually, httpStub, type HttpStub } from '@sluice/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { aboutSpan, collectorOf, startTracing, type StopTracing } from './tracing.js';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
/**
 * Prints whether the SDK is loaded after tracing was started with each of these environments. Runs in its own process,
 * because other tests of this process may have loaded the SDK.
 */
const LOADS = `
  import { createRequire } from 'node:module';
  import { startTracing } from '${new URL('../dist/tracing.js', import.meta.url).href}';
  for (const environment of JSON.parse(process.argv[1])) await startTracing('orders', environment, console);
  console.log(Object.keys(createRequire(process.execPath).cache).some((file) => file.includes('@opentelemetry/sdk-trace')));
  process.exit(0);`;
const loadsSdk = async (...environments: object[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, ['--input-type=module', '-e', LOADS, JSON.stringify(environments)]))
    .stdout;
const log = () => ({ log: vi.fn<(message: string) => void>(), warn: vi.fn<(message: string) => void>() });

interface Exported {
  path: string;
  resource: string[];
  spans: { name: string; traceId: string; parentSpanId?: string }[];
}

let collector: HttpStub | undefined;
let stop: StopTracing | undefined;
afterEach(async () => {
  await stop?.();
  await collector?.close();
});

/** Starts a collector that records its requests and responds with `statusOf()`, or never. */
async function collect(statusOf: () => number | 'never' = () => 200): Promise<{ url: string; got: Exported[] }> {
  const got: Exported[] = [];
  collector = await httpStub(async (request, response) => {
    const chunks = await request.toArray();
    const {
      resourceSpans: [{ resource, scopeSpans }],
    } = JSON.parse(Buffer.concat(chunks).toString());
    const attributes = resource.attributes.map(
      ({ key, value }: { key: string; value: { stringValue: string } }) => `${key}=${value.stringValue}`,
    );
    got.push({ path: request.url!, resource: attributes, spans: scopeSpans.flatMap(({ spans }: Exported) => spans) });
    const status = statusOf();
    if (status !== 'never') response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  return { url: collector.url, got };
}

const span = (name: string): void => trace.getTracer('test').startSpan(name).end();

describe('tracing', () => {
  it('loads and records nothing without a collector, or when it is disabled', async () => {
    const there = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://there' };
    const silent = [
      {},
      { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
      { ...there, OTEL_SDK_DISABLED: 'true' },
      { ...there, OTEL_TRACES_EXPORTER: 'none' },
    ];
    for (const environment of silent) {
      stop = await startTracing('orders', environment, log());
      expect(trace.getTracer('test').startSpan('lost').isRecording()).toBe(false);
      await stop();
    }
    expect(await loadsSdk(...silent)).toBe('false\n');
    expect(await loadsSdk(there)).toContain('true\n');
    expect(aboutSpan()).toEqual({});
  });

  it('sends the remaining spans when the process stops, as children of the caller', async () => {
    const { url, got } = await collect();
    stop = await startTracing('orders', { OTEL_EXPORTER_OTLP_ENDPOINT: url }, log());
    await context.with(propagation.extract(ROOT_CONTEXT, { traceparent: PARENT }), () =>
      trace.getTracer('test').startActiveSpan('work', async (active) => {
        await new Promise(setImmediate);
        expect(aboutSpan()).toEqual({ traceId: PARENT.split('-')[1] });
        active.end();
      }),
    );
    await stop();
    expect(got).toMatchObject([
      {
        path: '/v1/traces',
        spans: [{ name: 'work', traceId: PARENT.split('-')[1], parentSpanId: PARENT.split('-')[2] }],
      },
    ]);
    expect(got[0]!.resource).toContain('service.name=orders');
  });

  it('logs once that the collector is unavailable and once that it is back, however many spans are lost', async () => {
    vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '1');
    let status = 400;
    const [{ url, got }, logged] = [await collect(() => status), log()];
    stop = await startTracing('orders', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/here` }, logged);
    const sent = async (name: string): Promise<void> => {
      span(name);
      await eventually(() => expect(got.at(-1)?.spans).toMatchObject([{ name }]));
    };
    for (const name of ['a', 'b', 'c']) await sent(name);
    expect(got[0]!.path).toBe('/here');
    await eventually(() => expect(logged.warn).toHaveBeenCalledTimes(1));
    expect(logged.warn.mock.calls[0]![0]).toContain(`${url}/here`);
    status = 200;
    span('d');
    await eventually(() => expect(logged.log).toHaveBeenCalledTimes(1));
    expect(logged.warn).toHaveBeenCalledTimes(1);
    vi.unstubAllEnvs();
  });

  it('does not delay a shutdown, whether the collector hangs or is unreachable', async () => {
    for (const url of [(await collect(() => 'never')).url, 'http://127.0.0.1:9']) {
      stop = await startTracing('orders', { OTEL_EXPORTER_OTLP_ENDPOINT: url }, log());
      for (let n = 0; n < 5_000; n += 1) span('lost');
      const began = performance.now();
      await stop();
      expect(performance.now() - began).toBeLessThan(4_000);
    }
  });

  it('reports which of its settings is wrong', async () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'sometimes');
    const logged = log();
    stop = await startTracing('orders', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, logged);
    expect(logged.warn.mock.calls.flat().join()).toMatch(/OTEL_TRACES_SAMPLER.*sometimes/);
    vi.unstubAllEnvs();
  });
});

describe('the collector', () => {
  it('has a base address in one variable, and a full address in the other', () => {
    expect(collectorOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4318' })).toBe('http://jaeger:4318/v1/traces');
    expect(collectorOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://there/otlp/?key=1' })).toBe(
      'https://there/otlp/v1/traces?key=1',
    );
    expect(
      collectorOf({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4318',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://other/traces',
      }),
    ).toBe('http://other/traces');
  });

  it('is refused in one line that names the variable when its address is invalid', async () => {
    for (const name of ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) {
      for (const bad of ['jaeger:4318', 'grpc://jaeger:4317', 'nonsense'])
        await expect(startTracing('orders', { [name]: bad }, log())).rejects.toThrow(
          new RegExp(`^${name} is not valid: must be an http`),
        );
    }
  });
});
