import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { dependencies } from '@sluice/messaging';
import { eventually } from '@sluice/testing';
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
  it('reports that the process is alive, whatever is missing', async () => {
    expect(await get('/healthz', [{ missing: 'broker', ok: () => false }])).toMatchObject({ status: 200 });
  });

  it('is ready when all checks pass', async () => {
    expect(await get('/readyz', [there, { missing: 'database', ok: async () => true }])).toMatchObject({
      status: 200,
      body: { status: 'ready', dependencies: expect.any(Array) },
    });
  });

  it('is ready although a provider fails, and reports since when and why', async () => {
    for (let failure = 0; failure < 3; failure++) dependencies.failed('carrier', 'it answered 503');
    try {
      const { status, body } = await get('/readyz', [there]);
      expect(status).toBe(200);
      const sick = { name: 'carrier', state: 'sick', since: expect.stringMatching(/Z$/), because: 'it answered 503' };
      expect(body).toMatchObject({ status: 'ready', dependencies: expect.arrayContaining([sick]) });
    } finally {
      dependencies.succeeded('carrier');
    }
  });

  it('is not ready when a check returns false or throws, and names what is missing', async () => {
    const checks = [
      there,
      { missing: 'database', ok: () => Promise.reject(new Error('down')) },
      { missing: 'disk', ok: () => false },
    ];
    expect(await get('/readyz', checks)).toMatchObject({
      status: 503,
      body: { status: 'not ready', missing: ['database', 'disk'] },
    });
  });

  it('responds although a check hangs', async () => {
    expect(await get('/readyz', [{ missing: 'database', ok: () => new Promise(() => undefined) }])).toMatchObject({
      status: 503,
      body: { missing: ['database'] },
    });
  });

  it('serves fifty connections and closes one more, so that probes do not use up the database', async () => {
    server = await startHealthServer(0, '127.0.0.1', [{ missing: 'database', ok: () => new Promise(() => undefined) }]);
    const { port } = server.address() as AddressInfo;
    const asked = Array.from({ length: 51 }, () => connect(port, '127.0.0.1'));
    const ended = asked.map((socket) =>
      once(socket.resume(), 'close').then(
        () => 'hung up on',
        () => 'hung up on',
      ),
    );
    await eventually(async () => expect(await Promise.race(ended)).toBe('hung up on'));
    expect(await new Promise((resolve) => server!.getConnections((_, count) => resolve(count)))).toBe(50);
    for (const socket of asked) socket.destroy();
  });

  it('fails to start on a port that is in use', async () => {
    server = await startHealthServer(0, '127.0.0.1', []);
    await expect(startHealthServer((server.address() as AddressInfo).port, '127.0.0.1', [])).rejects.toThrow(
      'EADDRINUSE',
    );
  });
});
