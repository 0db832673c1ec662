import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startHealthServer, type Check } from './health.js';

let server: Server | undefined;
afterEach(() => void server?.close());

async function get(path: string, checks: Check[]): Promise<{ status: number; body: unknown }> {
  server = await startHealthServer(0, '127.0.0.1', checks);
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  return { status: response.status, body: await response.json() };
}

const there: Check = { missing: 'broker', ok: () => true };

describe('the health server', () => {
  it('says that the process is alive whatever is missing', async () => {
    expect(await get('/healthz', [{ missing: 'broker', ok: () => false }])).toMatchObject({ status: 200 });
  });

  it('is ready when everything is there', async () => {
    expect(await get('/readyz', [there, { missing: 'database', ok: async () => true }])).toEqual({ status: 200, body: { status: 'ready' } });
  });

  it('is not ready when a check says no or fails, and names what is missing', async () => {
    const checks = [there, { missing: 'database', ok: () => Promise.reject(new Error('down')) }, { missing: 'disk', ok: () => false }];
    expect(await get('/readyz', checks)).toEqual({ status: 503, body: { status: 'not ready', missing: ['database', 'disk'] } });
  });

  it('answers although a check hangs', async () => {
    expect(await get('/readyz', [{ missing: 'database', ok: () => new Promise(() => undefined) }])).toMatchObject({ status: 503, body: { missing: ['database'] } });
  });

  it('fails to start on a port that is taken', async () => {
    server = await startHealthServer(0, '127.0.0.1', []);
    await expect(startHealthServer((server.address() as AddressInfo).port, '127.0.0.1', [])).rejects.toThrow('EADDRINUSE');
  });
});
