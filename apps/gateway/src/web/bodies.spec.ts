import { gzipSync } from 'node:zlib';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { ANN, order, startGateway, tokenOf } from '../testing/gateway.js';

/** No broker listens on port 1: an accepted body gets 503, and the gateway alone refuses others. */
const TAKEN = 503;
let gateway: Gateway;
let admin: string;

beforeAll(async () => {
  gateway = await startGateway({ AMQP_URL: 'amqp://127.0.0.1:1', CARD_GATEWAY_URL: 'http://127.0.0.1:1' });
  admin = await tokenOf(ANN, { role: 'admin' });
});
afterAll(() => gateway.stop());

const send = async (
  bytes: Buffer | string,
  headers: Record<string, string> = {},
  [method, url] = ['POST', '/orders'],
) => {
  const response = await gateway.app.inject({
    method: method as NonNullable<InjectOptions['method']>,
    url,
    payload: bytes,
    headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json', ...headers },
  });
  return {
    status: response.statusCode,
    type: response.headers['content-type'],
    problem: response.json<{ status: number; detail?: string }>(),
  };
};

const text = JSON.stringify({ ...order(), address: { ...order().address, city: 'Köln' } });
const price = { amount: 1, currency: 'EUR' };
const SALE = {
  sku: 'TEA',
  price,
  quantity: 1,
  opensAt: '2030-01-01T00:00:00Z',
  closesAt: '2030-01-02T00:00:00Z',
  payWithinSeconds: 60,
};
/** Every operation with a body, and an example of its body. */
const BODIES: [string, string, object][] = [
  ['POST', '/users', { phone: '+15550000001', name: 'Zoë', password: 'pässword' }],
  ['POST', '/sessions', { phone: '+15550000001', password: 'pässword' }],
  ['POST', '/users/verification', { code: '123456' }],
  ['PUT', `/users/${ANN}/role`, { role: 'admin' }],
  ['PATCH', '/me', { email: 'zoe@example.org', language: 'zh' }],
  ['POST', '/me/password', { current: 'pässword', new: 'pässwörter' }],
  ['PUT', '/products/TEA', { name: 'Café', price }],
  ['POST', '/products/TEA/receipts', { warehouse: 'east', quantity: 1, reference: 'N-ä' }],
  ['POST', '/orders', order()],
  ['POST', `/orders/${ANN}/payment`, { card: '4242424242424242' }],
  ['POST', '/coupons', { code: 'RED5', kind: 'fixed', value: 500 }],
  ['POST', '/flash-sales', SALE],
  ['POST', `/flash-sales/${ANN}/claims`, { address: order().address }],
  ['POST', '/ops/dead-letters/orders.events/redrive', { limit: 1 }],
  ['POST', '/ops/dead-letters/orders.events/discard', { ids: [ANN] }],
  ['POST', '/ops/bursts/orders', { count: 1 }],
];
const PARAMETERS = [
  [ANN, '{id}'],
  ['TEA', '{sku}'],
  ['orders.events', '{queue}'],
  ['bursts/orders', 'bursts/{of}'],
] as const;
const templateOf = (url: string): string => PARAMETERS.reduce((path, [from, to]) => path.replace(from, to), url);
const operations = BODIES.map(([method, url, body]) => [method, url, JSON.stringify(body)] as const);

describe('the body of every operation that accepts one', () => {
  it('is in this list', async () => {
    const { paths } = (await gateway.app.inject('/openapi.json')).json<{
      paths: Record<string, Record<string, { requestBody?: unknown }>>;
    }>();
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, { requestBody }]) => requestBody)
        .map(([method]) => `${method.toUpperCase()} ${path}`),
    );
    const listed = BODIES.map(([method, url]) => `${method} ${templateOf(url)}`);
    expect(listed.sort()).toEqual(documented.sort());
  });

  it.each(operations)('is 400 when it is not UTF-8: %s %s', async (method, url, body) => {
    const bytes = Buffer.from(body.replace('{', '{"é":"ö",'), 'latin1');
    expect(await send(bytes, {}, [method, url])).toMatchObject({
      status: 400,
      type: expect.stringContaining('application/problem+json'),
      problem: { status: 400, detail: 'The body is not UTF-8.' },
    });
  });

  it.each(operations)(
    'is 415 in another charset or coding, and 400 with a field twice: %s %s',
    async (method, url, body) => {
      const to: [string, string] = [method, url];
      expect(
        await send(Buffer.from(body, 'latin1'), { 'content-type': 'application/json; charset=iso-8859-1' }, to),
      ).toMatchObject({ status: 415, problem: { status: 415 } });
      expect(await send(gzipSync(body), { 'content-encoding': 'gzip' }, to)).toMatchObject({
        status: 415,
        problem: { status: 415 },
      });
      const [name] = Object.keys(JSON.parse(body) as object);
      expect(await send(body.replace('{', `{"${name}":1,`), {}, to)).toMatchObject({
        status: 400,
        problem: { detail: 'A field is there twice.' },
      });
    },
  );
});

describe('a body', () => {
  it.each(['utf-8', '"UTF-8"', 'utf8'])('may declare the charset %s', async (charset) => {
    expect(await send(text, { 'content-type': `Application/JSON;Charset=${charset}` })).toMatchObject({
      status: TAKEN,
    });
  });

  it.each(['iso-8859-1', 'latin1', 'utf-16', 'utf-16le', 'us-ascii', 'windows-1252', '"utf-8, latin1"', 'nonsense'])(
    'is 415 as %s',
    async (charset) => {
      expect(await send(text, { 'content-type': `application/json; charset=${charset}` })).toMatchObject({
        status: 415,
        problem: { detail: 'A body is application/json in UTF-8.' },
      });
    },
  );

  it.each(['gzip', 'br', 'deflate', 'x-unknown', 'identity, gzip'])(
    'is 415 with the content coding %s',
    async (coding) => {
      expect(await send(text, { 'content-encoding': coding })).toMatchObject({
        status: 415,
        problem: { detail: 'A body has no content coding.' },
      });
    },
  );

  it('may declare no content coding, and begin with a byte order mark', async () => {
    expect(await send(text, { 'content-encoding': 'identity' })).toMatchObject({ status: TAKEN });
    expect(await send(`\uFEFF${text}`)).toMatchObject({ status: TAKEN });
  });

  it.each([[0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]])(
    'is 400 with the bytes %j in it',
    async (...bytes) => {
      const [before, after] = text.split('Köln') as [string, string];
      expect(await send(Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]))).toMatchObject({
        status: 400,
      });
      expect(await send(Buffer.concat([Buffer.from(before), Buffer.from(bytes)]))).toMatchObject({ status: 400 });
    },
  );

  it('is 400 with a repeated field, however deep and however escaped', async () => {
    for (const again of [
      '"quantity":2,"quantity":100',
      '"quantity":2,"quantity":2',
      '"quantity":2,"quantit\\u0079":100',
    ]) {
      expect(await send(text.replace('"quantity":2', again))).toMatchObject({
        status: 400,
        problem: { detail: 'A field is there twice.' },
      });
    }
  });

  it('is 422 with an unpaired surrogate, also in a password', async () => {
    expect(await send(text.replace('Köln', 'K\\ud800'))).toMatchObject({ status: 422 });
    for (const password of ['\\ud800'.repeat(10), '        ']) {
      const user = `{"phone":"+15550000001","name":"x","password":"${password}"}`;
      expect(await send(user, {}, ['POST', '/users'])).toMatchObject({
        status: 422,
        problem: { errors: [{ path: 'password' }] },
      });
    }
    expect(
      await send(`{"phone":"+15550000001","password":"${'\\udfff'.repeat(10)}"}`, {}, ['POST', '/sessions']),
    ).toMatchObject({ status: 422 });
  });
});
