import { generateKeyPairSync } from 'node:crypto';
import type { InjectOptions } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Gateway } from '../gateway.js';
import { ANN, BOB, startGateway, tokenOf } from '../testing/gateway.js';

/** No broker listens on port 1: the gateway alone limits these requests. */
const NO_BROKER = { AMQP_URL: 'amqp://127.0.0.1:1' };
const [LIMIT, SIGN_INS] = [5, 3];

let gateway: Gateway;
let [ann, bob, forged, expired] = ['', '', '', ''];
let hosts = 0;

beforeAll(async () => {
  gateway = await startGateway({
    ...NO_BROKER,
    RATE_LIMIT_PER_MINUTE: String(LIMIT),
    SIGN_IN_LIMIT_PER_MINUTE: String(SIGN_INS),
    TRUST_PROXY: '10.0.0.0/8',
  });
  [ann, bob, forged, expired] = await Promise.all([
    tokenOf(ANN),
    tokenOf(BOB),
    tokenOf(ANN, { key: generateKeyPairSync('ed25519').privateKey }),
    tokenOf(ANN, { expiresIn: -1 }),
  ]);
});
afterAll(() => gateway.stop());
afterEach(() => vi.useRealTimers());

/** An address without requests so far. */
const newAddress = () => `192.0.2.${++hosts}`;
interface Request {
  from?: string;
  as?: string;
  through?: string;
  path?: string;
  method?: InjectOptions['method'];
  at?: Gateway;
}
const ask = ({
  from = newAddress(),
  as,
  through,
  path = '/flash-sales/none/claims/none',
  method = 'GET',
  at = gateway,
}: Request) =>
  at.app.inject({
    method,
    url: path,
    remoteAddress: through ?? from,
    headers: { ...(as && { authorization: `Bearer ${as}` }), ...(through && { 'x-forwarded-for': from }) },
  });

async function statusesOf(count: number, request: Request): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < count; n++) statuses.push((await ask(request)).statusCode);
  return statuses;
}
const refusals = async (count: number, request: Request): Promise<number> =>
  (await statusesOf(count, request)).filter((status) => status === 429).length;

describe('requests without a token', () => {
  it('are counted by address, and surplus ones are 429 with the time to wait', async () => {
    const from = newAddress();
    expect(await refusals(LIMIT, { from })).toBe(0);
    const answer = await ask({ from });
    expect(answer.json()).toEqual({
      type: 'about:blank',
      title: 'Too Many Requests',
      status: 429,
      detail: expect.any(String),
    });
    expect(answer.headers).toMatchObject({
      'content-type': expect.stringContaining('application/problem+json'),
      'retry-after': expect.stringMatching(/^(5\d|60)$/),
      'ratelimit-limit': '5',
      'ratelimit-remaining': '0',
      'x-correlation-id': expect.any(String),
    });
    expect(await refusals(1, {})).toBe(0);
  });

  it('have the number of remaining requests in each response', async () => {
    const from = newAddress();
    const left = [];
    for (let n = 0; n < LIMIT; n++) left.push((await ask({ from })).headers['ratelimit-remaining']);
    expect(left).toEqual(['4', '3', '2', '1', '0']);
  });

  it('are accepted again when the minute is over', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const from = newAddress();
    await statusesOf(LIMIT + 1, { from });
    vi.setSystemTime(Date.now() + 59_999);
    expect(await refusals(1, { from })).toBe(1);
    vi.setSystemTime(Date.now() + 1);
    expect(await refusals(1, { from })).toBe(0);
  });

  it('are counted together from one IPv6 network of 64 bits', async () => {
    for (let n = 0; n < LIMIT; n++) expect(await refusals(1, { from: `2001:db8:1:1:${n}::` })).toBe(0);
    expect(await refusals(1, { from: '2001:db8:1:1:ffff::' })).toBe(1);
    expect(await refusals(1, { from: '2001:db8:1:2::1' })).toBe(0);
  });

  it('are counted for unknown paths, too', async () => {
    const from = newAddress();
    expect(await statusesOf(LIMIT + 1, { from, path: '/nowhere' })).toEqual([404, 404, 404, 404, 404, 429]);
  });
});

describe('requests with a token', () => {
  it('are counted by its user, from any address, and not by the address', async () => {
    const from = newAddress();
    expect(await refusals(LIMIT, { as: ann, from })).toBe(0);
    expect(await refusals(1, { as: ann })).toBe(1);
    expect(await refusals(1, { as: bob, from })).toBe(0);
    expect(await refusals(1, { from })).toBe(0);
  });

  it.each([
    ['a foreign signature', () => forged],
    ['no time left', () => expired],
    ['no form', () => 'x'],
  ])('are counted by address when it has %s: none counts for another user', async (_, token) => {
    const from = newAddress();
    expect(await statusesOf(LIMIT + 1, { from, as: token(), path: '/orders' })).toEqual([401, 401, 401, 401, 401, 429]);
  });
});

describe('requests through a proxy', () => {
  it('that is trusted are counted by its clients’ addresses', async () => {
    const through = '10.0.0.1';
    const from = newAddress();
    expect(await refusals(LIMIT + 1, { from, through })).toBe(1);
    expect(await refusals(1, { through })).toBe(0);
  });

  it('that is not trusted are counted by its own address, whatever its headers', async () => {
    const through = newAddress();
    for (let n = 0; n < LIMIT; n++) expect(await refusals(1, { through })).toBe(0);
    expect(await refusals(1, { through })).toBe(1);
  });
});

describe('signing up, signing in, and verifying', () => {
  it('is counted together, by address, also with a token', async () => {
    const from = newAddress();
    const paths = ['/users', '/sessions', '/users/verification', '/sessions'];
    const statuses = [];
    for (const path of paths) statuses.push((await ask({ from, path, method: 'POST', as: bob })).statusCode);
    expect(statuses).toEqual([422, 422, 422, 429]);
    expect(await refusals(1, { from })).toBe(0);
  });
});

describe('the probes', () => {
  it.each(['/healthz', '/readyz'])('%s are never limited', async (path) => {
    expect(await refusals(2 * LIMIT, { from: newAddress(), path })).toBe(0);
  });
});

describe('a limit of 0', () => {
  it('disables the limit', async () => {
    const open = await startGateway({ ...NO_BROKER, RATE_LIMIT_PER_MINUTE: '0', SIGN_IN_LIMIT_PER_MINUTE: '0' });
    try {
      const from = newAddress();
      expect(await refusals(50, { from, at: open })).toBe(0);
      expect(await refusals(50, { from, at: open, path: '/sessions', method: 'POST' })).toBe(0);
      expect((await ask({ from, at: open })).headers).not.toHaveProperty('ratelimit-limit');
    } finally {
      await open.stop();
    }
  });
});
