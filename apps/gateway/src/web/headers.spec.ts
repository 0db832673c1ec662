import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { eventually } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayConfig } from '../config.js';
import type { Gateway } from '../gateway.js';
import { startGateway } from '../testing/gateway.js';

const NO_BROKER = { AMQP_URL: 'amqp://127.0.0.1:1' };
const SHOP = 'https://shop.example';

let plain: Gateway;
/** A gateway behind a trusted proxy that allows a page of another origin. */
let fronted: Gateway;

beforeAll(async () => {
  plain = await startGateway(NO_BROKER);
  fronted = await startGateway({
    ...NO_BROKER,
    CORS_ORIGINS: `${SHOP}, http://localhost:3000`,
    TRUST_PROXY: '1',
    RATE_LIMIT_PER_MINUTE: '1',
  });
});
afterAll(() => Promise.all([plain.stop(), fronted.stop()]));

const headersOf = async (gateway: Gateway, url: string, headers: Record<string, string> = {}) =>
  (await gateway.app.inject({ url, headers })).headers;

describe('every answer', () => {
  it.each(['/healthz', '/orders', '/nowhere', '/openapi.json'])(
    'of %s gives a browser nothing to run, load or frame',
    async (path) => {
      const headers = await headersOf(plain, path);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(String(headers['content-security-policy']).split(';').sort()).toEqual([
        "base-uri 'none'",
        "default-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ]);
    },
  );

  it('does not reveal the server software', async () => {
    for (const path of ['/healthz', '/nowhere', '/docs/'])
      expect(Object.keys(await headersOf(plain, path))).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(server|x-powered-by)$/)]),
      );
  });

  it('has HSTS when it was sent over TLS, and only then', async () => {
    expect(await headersOf(fronted, '/healthz', { 'x-forwarded-proto': 'https' })).toMatchObject({
      'strict-transport-security': 'max-age=31536000',
    });
    expect(await headersOf(fronted, '/healthz', { 'x-forwarded-proto': 'http' })).not.toHaveProperty(
      'strict-transport-security',
    );
    expect(await headersOf(plain, '/healthz', { 'x-forwarded-proto': 'https' })).not.toHaveProperty(
      'strict-transport-security',
    );
  });
});

describe('a private answer', () => {
  it.each([
    ['GET', '/orders'],
    ['GET', '/me/points'],
    ['POST', '/users'],
    ['POST', '/sessions'],
    ['PUT', '/products/TEA'],
    ['GET', '/nowhere'],
    ['GET', '/orders/%'],
  ] as const)('may not be cached: %s %s', async (method, url) => {
    for (const authorization of ['', 'Bearer a.b.c']) {
      const { headers } = await plain.app.inject({ method, url, headers: { ...(authorization && { authorization }) } });
      expect(headers['cache-control']).toBe('no-store');
    }
  });

  it('is the response to a request with a token, and public responses may be cached', async () => {
    expect(await headersOf(plain, '/healthz', { authorization: 'Bearer a.b.c' })).toMatchObject({
      'cache-control': 'no-store',
    });
    expect(await headersOf(plain, '/healthz')).not.toHaveProperty('cache-control');
    for (const path of ['/asyncapi.json', '/openapi.json', '/busy'])
      expect((await headersOf(plain, path, { authorization: 'Bearer a.b.c' }))['cache-control']).toBe(
        'public, max-age=300',
      );
  });
});

describe('a page', () => {
  /** Paths of everything that the page at /docs loads. */
  async function parts(page: string): Promise<string[]> {
    const { body } = await plain.app.inject({ url: page });
    expect(body).not.toMatch(/<style|<script(?![^>]* src=)| on\w+=| style=/);
    return [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => new URL(url!, `http://x${page}`).pathname);
  }

  it('at /docs may load its own scripts and styles, all of which are there, and call this API', async () => {
    const policy = String((await headersOf(plain, '/docs/'))['content-security-policy']).split(';');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
    const found = await parts('/docs/');
    expect(found.filter((path) => path.endsWith('.js')).length).toBeGreaterThanOrEqual(3);
    for (const path of found) expect((await plain.app.inject({ url: path })).statusCode, path).toBe(200);
  });

  it('with its own policy keeps it', async () => {
    expect((await headersOf(plain, '/busy'))['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-/,
    );
  });
});

describe('pages of other origins', () => {
  const preflight = (gateway: Gateway, origin: string) =>
    gateway.app.inject({
      method: 'OPTIONS',
      url: '/orders',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,idempotency-key',
      },
    });
  const allowed = (headers: object): string[] =>
    Object.keys(headers).filter((name) => name.startsWith('access-control-'));

  it('are not allowed unless they are configured', async () => {
    expect(allowed(await headersOf(plain, '/healthz', { origin: SHOP }))).toEqual([]);
    const answer = await preflight(plain, SHOP);
    expect(answer.statusCode).toBe(405);
    expect(allowed(answer.headers)).toEqual([]);
  });

  it('that are configured may call the API, and read its response headers', async () => {
    const answer = await preflight(fronted, SHOP);
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': SHOP,
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-max-age': '7200',
    });
    expect(String(answer.headers['access-control-allow-headers']).toLowerCase().split(', ')).toEqual(
      expect.arrayContaining(['authorization', 'content-type', 'idempotency-key', 'last-event-id']),
    );
    const headers = await headersOf(fronted, '/healthz', { origin: SHOP });
    expect(headers).toMatchObject({
      'access-control-allow-origin': SHOP,
      'access-control-expose-headers': 'Location, Retry-After, X-Correlation-ID',
      vary: 'Origin',
    });
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('that are not configured are not allowed, and neither are similar ones', async () => {
    for (const origin of ['https://evil.example', `${SHOP}.evil.example`, 'http://shop.example', 'null']) {
      expect(await headersOf(fronted, '/healthz', { origin })).not.toHaveProperty('access-control-allow-origin');
      expect((await preflight(fronted, origin)).headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  it('can read the 429 of a rate limit', async () => {
    const request = () => fronted.app.inject({ url: '/nowhere', headers: { origin: SHOP } });
    await request();
    const answer = await request();
    expect(answer.statusCode).toBe(429);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': SHOP, 'retry-after': expect.any(String) });
  });

  it.each([
    '*',
    'shop.example',
    `${SHOP}/`,
    'https://shop.example/path',
    'https://*.example',
    'ftp://shop.example',
    `${SHOP},`,
    'HTTPS://shop.example',
  ])('cannot be named as %s', (origins) => {
    expect(GatewayConfig.shape.CORS_ORIGINS.safeParse(origins).success).toBe(false);
  });
});

describe('a connection', () => {
  let port: number;
  beforeAll(async () => {
    await plain.app.listen(0, '127.0.0.1');
    port = Number(new URL(await plain.app.getUrl()).port);
  });
  const raw = (bytes: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
      socket.on('data', (data) => (answer += data.toString()));
      socket.on('error', reject).on('close', () => resolve(answer));
    });
  const withHeaders = (count: number) =>
    raw(
      `GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${Array.from({ length: count - 2 }, (_, n) => `x-${n}: y\r\n`).join('')}\r\n`,
    );

  it('may have a hundred headers; more get 431', async () => {
    expect(await withHeaders(100)).toMatch(/^HTTP\/1\.1 200 /);
    for (const count of [101, 500])
      expect(await withHeaders(count)).toMatch(
        /^HTTP\/1\.1 431 [^]*application\/problem\+json[^]*"status":431[^]*at most 100 headers/,
      );
  });

  it('may have 16 kB of headers; more get 431', async () => {
    const long = (bytes: number) =>
      raw(`GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-long: ${'x'.repeat(bytes)}\r\n\r\n`);
    expect(await long(15 * 1024)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await long(16 * 1024)).toMatch(/^HTTP\/1\.1 431 [^]*application\/problem\+json[^]*at most 16 kB/);
  });

  it('is one of twenty thousand; one more is closed at once, until another one ends', async () => {
    const server = plain.app.getHttpServer() as Server;
    expect(server.maxConnections).toBe(20_000);
    const first = connect(port, '127.0.0.1');
    await once(first, 'connect');
    try {
      server.maxConnections = 1;
      expect(
        await raw('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n').catch(
          ({ code }: NodeJS.ErrnoException) => code,
        ),
      ).toMatch(/^(ECONNRESET)?$/);
      first.destroy();
      await eventually(async () => expect(await withHeaders(10)).toMatch(/^HTTP\/1\.1 200 /));
    } finally {
      server.maxConnections = 20_000;
    }
  });

  it('has bounded time and a bounded number of requests', () => {
    const { headersTimeout, requestTimeout, keepAliveTimeout, maxRequestsPerSocket } =
      plain.app.getHttpServer() as Server;
    expect({ headersTimeout, requestTimeout, keepAliveTimeout, maxRequestsPerSocket }).toEqual({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 72_000,
      maxRequestsPerSocket: 10_000,
    });
  });
});
