import { eventually, freePort, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway } from '../testing/gateway.js';

/** Long enough for the requests of the test. Milliseconds. */
const GRACE_MS = 2_000;

let broker: TestBroker;
beforeAll(async () => {
  broker = await testBroker();
});
afterAll(() => broker.close());

async function start(graceMs = 0) {
  const port = await freePort();
  const gateway = await startGateway({
    AMQP_URL: broker.url,
    HEALTH_PORT: String(port),
    SHUTDOWN_GRACE_MS: String(graceMs),
  });
  return { gateway, readiness: () => fetch(`http://127.0.0.1:${port}/readyz`) };
}

describe('a gateway behind a load balancer', () => {
  it('is ready when it listens, not before', async () => {
    const { gateway, readiness } = await start();
    await eventually(async () =>
      expect(await (await readiness()).json()).toMatchObject({ status: 'not ready', missing: ['listener'] }),
    );
    await gateway.app.listen(0, '127.0.0.1');
    expect((await readiness()).status).toBe(200);
    await gateway.stop();
  });

  it('that stops is not ready, accepts requests during the grace period, and closes connections', async () => {
    const { gateway, readiness } = await start(GRACE_MS);
    await gateway.app.listen(0, '127.0.0.1');
    const url = await gateway.app.getUrl();
    await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200));
    const { headers: before } = await fetch(`${url}/healthz`);
    expect([before.get('connection'), before.get('keep-alive')]).toEqual([
      'keep-alive',
      expect.stringMatching(/^timeout=5\b/),
    ]);

    const stopped = gateway.stop();
    expect(await (await readiness()).json()).toMatchObject({ status: 'not ready', missing: ['listener'] });
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    const { status, headers } = await fetch(`${url}/healthz`);
    expect([status, headers.get('connection')]).toEqual([200, 'close']);
    await stopped;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
  });
});
