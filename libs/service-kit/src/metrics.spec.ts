import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gauge, register } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { startHealthServer } from './health.js';
import { metricsText } from './metrics.js';

let server: Server | undefined;
afterEach(() => {
  server?.close();
  for (const name of ['probe', 'probe_failing', 'probe_hanging']) register.removeSingleMetric(name);
});

const gauge = (name: string, collect: () => void | Promise<void> = () => undefined) =>
  new Gauge({ name, help: 'A probe.', collect }).set(7);

describe('/metrics', () => {
  it('returns metrics of the process and of its work in Prometheus format', async () => {
    server = await startHealthServer(0, '127.0.0.1', []);
    gauge('probe');
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    const text = await response.text();
    expect(text).toMatch(/^# TYPE probe gauge\nprobe 7$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  });

  it('leaves out metrics that fail or take too long, and counts them', async () => {
    gauge('probe');
    gauge('probe_failing', () => Promise.reject(new Error('no database')));
    gauge('probe_hanging', () => new Promise(() => undefined));
    const text = await metricsText(50);
    expect(text).toMatch(/^probe 7$/m);
    expect(text).not.toMatch(/^probe_(failing|hanging)/m);
    const next = await metricsText(50);
    for (const name of ['probe_failing', 'probe_hanging'])
      expect(next).toMatch(new RegExp(`^sluice_metrics_unread_total\\{metric="${name}"\\} [1-9]`, 'm'));
  });
});
