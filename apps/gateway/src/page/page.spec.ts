import { readFileSync } from 'node:fs';
import path from 'node:path';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { startGateway } from '../testing/gateway.js';
import { servePage } from './page.js';

/** The page as `npm run build` has built it: apps/web/dist/. */
const INDEX = readFileSync(path.resolve(import.meta.dirname, '../../../web/dist/index.html'), 'utf8');
const ASSET = /\/assets\/[\w-]+\.js/.exec(INDEX)![0];
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({ AMQP_URL: 'amqp://127.0.0.1:1', NODE_ENV: 'test' });
});
afterAll(() => gateway.stop());

const get = (url: string, headers: Record<string, string> = {}) => gateway.app.inject({ url, headers });

describe('the page', () => {
  it.each(['/', '/shop', '/shop/orders/1', '/sale/1', '/keeper/coupons', '/machine'])(
    'is served at %s',
    async (url) => {
      const { statusCode, headers, body } = await get(url, { accept: BROWSER });
      expect([statusCode, headers['cache-control'], body]).toEqual([200, 'no-cache', INDEX]);
      expect(headers['content-type']).toMatch(/^text\/html/);
    },
  );

  it('allows scripts and styles of this server alone, and nothing inline', async () => {
    const { headers } = await get('/shop');
    const policy = String(headers['content-security-policy']);
    expect(policy).not.toContain('unsafe');
    expect(policy.split(';').sort()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "script-src 'self'",
      "style-src 'self'",
    ]);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  });

  it.each([
    ['br', 'br, gzip'],
    ['gzip', 'gzip'],
    [undefined, 'identity'],
  ])('is sent compressed as it was built: %s', async (encoding, accepted) => {
    for (const url of ['/shop', ASSET]) {
      const { statusCode, headers } = await get(url, { 'accept-encoding': accepted });
      expect([statusCode, headers['content-encoding'], headers['vary']]).toEqual([200, encoding, 'accept-encoding']);
    }
  });

  it('has assets that are kept for a year, since another content has another name', async () => {
    const { statusCode, headers } = await get(ASSET);
    expect([statusCode, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect((await get('/assets/missing.js')).statusCode).toBe(404);
  });

  it('tells a browser that opens an unknown address, and leaves the API its own 404', async () => {
    const opened = await get('/nowhere', { accept: BROWSER });
    expect([opened.statusCode, opened.headers['cache-control'], opened.body]).toEqual([404, 'no-store', INDEX]);
    expect((await get('/nowhere', { accept: BROWSER, authorization: 'Bearer x' })).json()).toMatchObject({
      status: 404,
    });
    const called = await get('/nowhere', { accept: 'application/json' });
    expect([called.statusCode, called.headers['content-type']]).toEqual([
      404,
      expect.stringMatching('application/problem.json'),
    ]);
    expect(
      (await gateway.app.inject({ method: 'POST', url: '/nowhere', headers: { accept: BROWSER } })).json(),
    ).toMatchObject({ status: 404 });
  });

  it('never leaves the folder that was built', async () => {
    for (const url of ['/assets/../index.html', '/assets/%2e%2e/built-from.json', '/assets/..%2fbuilt-from.json'])
      expect((await get(url)).body).not.toContain('gateway');
  });
});

describe('the demo users', () => {
  it('are named by a development system alone', async () => {
    expect((await get('/page/settings')).statusCode).toBe(404);
    const development = await startGateway({ AMQP_URL: 'amqp://127.0.0.1:1' });
    const { statusCode, body } = await development.app.inject('/page/settings');
    await development.stop();
    expect(statusCode).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ demoUsers: [{ role: 'customer' }, { role: 'admin' }] });
  });
});

describe('a gateway without a built page', () => {
  it('serves none, and says so', async () => {
    const fastify = Fastify();
    expect(await servePage(fastify, [], path.join(import.meta.dirname, 'missing'))).toBe(false);
    expect((await fastify.inject('/')).statusCode).toBe(404);
  });
});
