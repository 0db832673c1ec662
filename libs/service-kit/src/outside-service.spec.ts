import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { dependencies, faultOf, PermanentError } from '@sluice/messaging';
import { httpStub, type HttpHandler, type HttpStub } from '@sluice/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { OutsideService, retryAfterMs, type OutsideRequest } from './outside-service.js';

const REQUEST: OutsideRequest = { method: 'POST', path: 'things', key: 'key-1', body: { a: 1 } };

let server: HttpStub | undefined;
let count = 0;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Returns a service with a unique name, because all tests share the state of the dependencies. */
async function serviceThat(answers: HttpHandler, timeoutMs?: number): Promise<OutsideService> {
  server = await httpStub(answers);
  return new OutsideService(`service ${(count += 1)}`, `${server.url}/v1/`, timeoutMs);
}

const answering = (status: number, headers: Record<string, string> = {}, body = '{}') =>
  serviceThat((_, response) => void response.writeHead(status, headers).end(body));

/** Returns the fault as which the failure of a request is classified. */
const faultIn = async (request: Promise<unknown>) =>
  faultOf(
    await request.then(
      () => 'no failure',
      (error: unknown) => error,
    ),
  );
const environment = ({ name }: OutsideService, mayBePoison: boolean) => ({
  whose: 'environment',
  dependency: name,
  mayBePoison,
});
const hasSucceeded = ({ name }: OutsideService): boolean => dependencies.hasSucceededSince(name, 0);

describe('a request to an outside service', () => {
  it('is sent with its idempotency key', async () => {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const service = await serviceThat(async (request, response) => {
      seen.push({ request, body: await text(request) });
      response.end();
    });
    await service.send({ ...REQUEST, headers: { 'x-more': 'yes' } });
    await service.send({ method: 'DELETE', path: 'things/1', key: 'key-2' });
    expect(seen[0]).toMatchObject({
      request: {
        method: 'POST',
        url: '/v1/things',
        headers: { 'idempotency-key': 'key-1', 'x-more': 'yes', 'content-type': 'application/json' },
      },
      body: '{"a":1}',
    });
    expect(seen[1]).toMatchObject({
      request: { method: 'DELETE', url: '/v1/things/1', headers: { 'idempotency-key': 'key-2' } },
      body: '',
    });
  });

  it.each([200, 201, 400, 402, 404, 410, 422])(
    'has a response with %i, and the service counts as available',
    async (status) => {
      const service = await answering(status);
      expect(hasSucceeded(service)).toBe(false);
      expect((await service.send(REQUEST)).status).toBe(status);
      expect(hasSucceeded(service)).toBe(true);
    },
  );

  it.each([500, 502, 503, 504, 408, 409])(
    'has no usable response with %i, which the request itself may have caused',
    async (status) => {
      const service = await answering(status);
      expect(await faultIn(service.send(REQUEST))).toEqual(environment(service, true));
      expect(hasSucceeded(service)).toBe(false);
    },
  );

  it.each([401, 403, 407, 425, 429])('has no usable response with %i, like any other request', async (status) => {
    const service = await answering(status);
    expect(await faultIn(service.send(REQUEST))).toEqual(environment(service, false));
    expect(hasSucceeded(service)).toBe(false);
  });

  it('that times out may be the cause of the timeout', async () => {
    const service = await serviceThat(() => {}, 50);
    expect(await faultIn(service.send(REQUEST))).toEqual(environment(service, true));
  });

  it('may be the cause of a closed connection', async () => {
    const service = await serviceThat((request) => request.socket.destroy());
    expect(await faultIn(service.send(REQUEST))).toEqual(environment(service, true));
  });

  it('is not the cause of a refused connection', async () => {
    const service = await answering(200);
    await server!.close();
    const failure = await service.send(REQUEST).catch((error: unknown) => error);
    expect(faultOf(failure)).toEqual(environment(service, false));
    expect(String(failure)).toContain(`the ${service.name} gives no answer: ECONNREFUSED`);
  });

  it('that is invalid is no fault of the service', async () => {
    const service = await answering(200);
    expect(await faultIn(service.send({ ...REQUEST, headers: { 'x-more': '漢' } }))).toEqual({ whose: 'unknown' });
  });
});

describe('a response with Retry-After', () => {
  it('delays the retry by its seconds', async () => {
    const service = await answering(429, { 'retry-after': '7' });
    expect(await faultIn(service.send(REQUEST))).toEqual({ ...environment(service, false), retryAfterMs: 7_000 });
  });

  it('delays the retry until its date', async () => {
    const service = await answering(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() });
    const { retryAfterMs: wait } = (await faultIn(service.send(REQUEST))) as { retryAfterMs: number };
    expect(wait).toBeGreaterThan(50_000);
    expect(wait).toBeLessThanOrEqual(60_000);
  });

  it.each([
    ['5', 5_000],
    [' 0 ', 0],
    ['Thu, 01 Jan 1970 00:00:30 GMT', 20_000],
    ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
    ['86400', 300_000],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j, read at second 10, is %s ms', (header, ms) => {
    expect(retryAfterMs(header, 10_000)).toBe(ms);
  });
});

describe('a response with a reader', () => {
  it('gives the result of the reader', async () => {
    const service = await answering(201, {}, '{"id":"7"}');
    expect(await service.request(REQUEST, async (response) => response.json())).toEqual({ id: '7' });
    expect(hasSucceeded(service)).toBe(true);
  });

  it('that cannot be understood is no result, and the service counts as unavailable', async () => {
    const service = await answering(200, {}, '<html>back soon</html>');
    expect(await faultIn(service.request(REQUEST, async (response) => response.json()))).toEqual(
      environment(service, true),
    );
    expect(hasSucceeded(service)).toBe(false);
  });

  it('may break off in the middle', async () => {
    const service = await serviceThat((request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setImmediate(() => request.socket.destroy());
    });
    expect(await faultIn(service.request(REQUEST, async (response) => response.json()))).toEqual(
      environment(service, true),
    );
  });

  it('that refuses the request finally is a fault of the request, and the service counts as available', async () => {
    const service = await answering(422);
    const refused = service.request(REQUEST, async () => {
      throw new PermanentError('no');
    });
    expect(await faultIn(refused)).toEqual({ whose: 'message' });
    expect(hasSucceeded(service)).toBe(true);
  });
});
