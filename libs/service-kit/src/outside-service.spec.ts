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

/** A service of a name of its own, since all share what is known of dependencies. */
async function serviceThat(answers: HttpHandler, timeoutMs?: number): Promise<OutsideService> {
  server = await httpStub(answers);
  return new OutsideService(`service ${(count += 1)}`, `${server.url}/v1/`, timeoutMs);
}

const answering = (status: number, headers: Record<string, string> = {}, body = '{}') =>
  serviceThat((_, response) => void response.writeHead(status, headers).end(body));

/** What the failure of a request is taken for. */
const faultIn = async (asking: Promise<unknown>) =>
  faultOf(
    await asking.then(
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

describe('a request to somebody outside', () => {
  it('is sent under its key', async () => {
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

  it.each([200, 201, 400, 402, 404, 410, 422])('has its answer with %i, and the service works', async (status) => {
    const service = await answering(status);
    expect(hasSucceeded(service)).toBe(false);
    expect((await service.send(REQUEST)).status).toBe(status);
    expect(hasSucceeded(service)).toBe(true);
  });

  it.each([500, 502, 503, 504, 408, 409])(
    'has none with %i, which the request itself may have caused',
    async (status) => {
      const service = await answering(status);
      expect(await faultIn(service.send(REQUEST))).toEqual(environment(service, true));
      expect(hasSucceeded(service)).toBe(false);
    },
  );

  it.each([401, 403, 407, 425, 429])('has none with %i, as any other request would', async (status) => {
    const service = await answering(status);
    expect(await faultIn(service.send(REQUEST))).toEqual(environment(service, false));
    expect(hasSucceeded(service)).toBe(false);
  });

  it('that is too long for the service may be why there is no answer', async () => {
    const service = await serviceThat(() => {}, 50);
    expect(await faultIn(service.send(REQUEST))).toEqual(environment(service, true));
  });

  it('may be why the connection ends', async () => {
    const service = await serviceThat((request) => request.socket.destroy());
    expect(await faultIn(service.send(REQUEST))).toEqual(environment(service, true));
  });

  it('is not why a connection is refused', async () => {
    const service = await answering(200);
    await server!.close();
    const failure = await service.send(REQUEST).catch((error: unknown) => error);
    expect(faultOf(failure)).toEqual(environment(service, false));
    expect(String(failure)).toContain(`the ${service.name} gives no answer: ECONNREFUSED`);
  });

  it('that cannot be made is no fault of the service', async () => {
    const service = await answering(200);
    expect(await faultIn(service.send({ ...REQUEST, headers: { 'x-more': '漢' } }))).toEqual({ whose: 'unknown' });
  });
});

describe('an answer that asks to be left alone', () => {
  it('is kept: seconds', async () => {
    const service = await answering(429, { 'retry-after': '7' });
    expect(await faultIn(service.send(REQUEST))).toEqual({ ...environment(service, false), retryAfterMs: 7_000 });
  });

  it('is kept: a date', async () => {
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

describe('an answer that is read', () => {
  it('is what the reader makes of it', async () => {
    const service = await answering(201, {}, '{"id":"7"}');
    expect(await service.ask(REQUEST, async (response) => response.json())).toEqual({ id: '7' });
    expect(hasSucceeded(service)).toBe(true);
  });

  it('says nothing about the request when it cannot be understood, and the service does not work', async () => {
    const service = await answering(200, {}, '<html>back soon</html>');
    expect(await faultIn(service.ask(REQUEST, async (response) => response.json()))).toEqual(
      environment(service, true),
    );
    expect(hasSucceeded(service)).toBe(false);
  });

  it('may break off', async () => {
    const service = await serviceThat((request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setImmediate(() => request.socket.destroy());
    });
    expect(await faultIn(service.ask(REQUEST, async (response) => response.json()))).toEqual(
      environment(service, true),
    );
  });

  it('that refuses the request for good is the request’s own fault, and the service works', async () => {
    const service = await answering(422);
    const refused = service.ask(REQUEST, async () => {
      throw new PermanentError('no');
    });
    expect(await faultIn(refused)).toEqual({ whose: 'message' });
    expect(hasSucceeded(service)).toBe(true);
  });
});
