import { generateKeyPairSync } from 'node:crypto';
import { connect } from 'node:net';
import { eventually } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { ANN, call, order, startGateway, tokenOf } from '../testing/gateway.js';

/** No broker listens on port 1: the gateway alone refuses these requests. */
const NO_BROKER = { AMQP_URL: 'amqp://127.0.0.1:1' };

let gateway: Gateway;
let ann: string;
let admin: string;

beforeAll(async () => {
  gateway = await startGateway(NO_BROKER);
  [ann, admin] = await Promise.all([tokenOf(ANN), tokenOf(ANN, { role: 'admin' })]);
});
afterAll(() => gateway.stop());

const place = (body: unknown, headers?: Record<string, string>) =>
  call(gateway, 'POST', '/orders', { as: ann, body, ...(headers && { headers }) });

describe('an order that is not valid', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, n) => ({ sku: `SKU-${n}`, quantity: 1 }));
  const cases: [string, unknown, string][] = [
    ['quantity 0', order([{ sku: 'TEA', quantity: 0 }]), 'lines.0.quantity'],
    ['a negative quantity', order([{ sku: 'TEA', quantity: -1 }]), 'lines.0.quantity'],
    ['quantity 1e9', order([{ sku: 'TEA', quantity: 1e9 }]), 'lines.0.quantity'],
    ['a broken quantity', order([{ sku: 'TEA', quantity: 1.5 }]), 'lines.0.quantity'],
    ['a quantity as text', order([{ sku: 'TEA', quantity: '2' }]), 'lines.0.quantity'],
    ['no quantity', order([{ sku: 'TEA' }]), 'lines.0.quantity'],
    ['a SKU that cannot be one', order([{ sku: '../../etc', quantity: 1 }]), 'lines.0.sku'],
    ['no lines', order([]), 'lines'],
    ['1,000 lines', order(lines(1_000)), 'lines'],
    ['lines that are no list', order('TEA'), 'lines'],
    ['an unknown field in a line', order([{ sku: 'TEA', quantity: 1, price: 1 }]), 'lines.0'],
    ['no address', { lines: [{ sku: 'TEA', quantity: 1 }] }, 'address'],
    ['a blank city', { ...order(), address: { ...order().address, city: '  ' } }, 'address.city'],
    ['a coupon that cannot be one', { ...order(), coupon: 'ten percent' }, 'coupon'],
    ['an unknown field', { ...order(), discount: 100 }, ''],
    ['a list for a body', [], ''],
    ['null for a body', 'null', ''],
  ];

  it.each(cases)('is 422 for %s, and the response names the field', async (_, body, path) => {
    const answer = await place(body);
    expect(answer).toMatchObject({
      status: 422,
      body: { status: 422, title: 'Not valid', errors: expect.arrayContaining([expect.objectContaining({ path })]) },
    });
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it('is 422 without a body, whatever its Content-Type', async () => {
    expect(await call(gateway, 'POST', '/orders', { as: ann })).toMatchObject({ status: 422 });
    expect(await place('')).toMatchObject({ status: 422 });
    expect(await place('', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject({ status: 422 });
  });

  it('lists at most twenty faults', async () => {
    const { body } = await place(order(Array.from({ length: 100 }, () => ({ sku: '', quantity: 0 }))));
    expect(body['errors']).toHaveLength(20);
  });

  it.each(['', 'x'.repeat(256), 'a b', 'clé', '""', '"a b"', `"${'x'.repeat(256)}"`])(
    'is 422 with the idempotency key "%s"',
    async (key) => {
      expect(await place(order(), { 'idempotency-key': key })).toMatchObject({
        status: 422,
        body: { errors: [{ path: 'Idempotency-Key' }] },
      });
    },
  );
});

describe('a request that is not well-formed', () => {
  it.each(['{"lines":', 'lines=1', ' ', '{"__proto__":{"admin":true}}'])('is 400 with the body %s', async (body) => {
    expect(await place(body)).toMatchObject({ status: 400, body: { status: 400, title: 'Bad Request' } });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
    'is 415 with a body of type %s',
    async (type) => {
      expect(await place('lines=1', { 'content-type': type })).toMatchObject({
        status: 415,
        body: { title: 'Unsupported Media Type' },
      });
    },
  );

  it('is 413 with a body over 64 kB', async () => {
    expect(await place({ ...order(), note: 'x'.repeat(64 * 1024) })).toMatchObject({
      status: 413,
      body: { title: 'Payload Too Large' },
    });
  });

  it('is 400 with a path that cannot be decoded, 404 with one that is unknown', async () => {
    expect(await call(gateway, 'GET', '/orders/%')).toMatchObject({ status: 400, body: { status: 400 } });
    expect(await call(gateway, 'GET', '/nowhere')).toMatchObject({
      status: 404,
      body: { status: 404, title: 'Not Found' },
    });
  });

  it('is 404 with a malformed id', async () => {
    expect(await call(gateway, 'GET', '/orders/1', { as: ann })).toMatchObject({ status: 404 });
    expect(await call(gateway, 'GET', '/products/%20')).toMatchObject({ status: 404 });
  });

  it('is 404 with a name beyond the longest allowed', async () => {
    const long = 'x'.repeat(3_000);
    for (const url of [`/products/${long}`, `/orders/${long}`, `/flash-sales/${ANN}/claims/${long}`])
      expect(await call(gateway, 'GET', url, { as: ann })).toMatchObject({ status: 404 });
    expect(await call(gateway, 'POST', `/ops/dead-letters/${long}/redrive`, { as: admin })).toMatchObject({
      status: 404,
    });
  });

  it('has a correlation id and may not be cached, also when its URL cannot be decoded', async () => {
    const { headers } = await call(gateway, 'GET', '/orders/%', { headers: { 'x-correlation-id': 'checkout-7' } });
    expect(headers).toMatchObject({ 'x-correlation-id': 'checkout-7', 'cache-control': 'no-store' });
  });

  it('is 405 with a method that the path does not have, and lists its methods', async () => {
    const answer = await call(gateway, 'DELETE', '/products/TEA', { as: admin });
    expect(answer).toMatchObject({ status: 405, body: { title: 'Method Not Allowed' } });
    expect(String(answer.headers['allow']).split(', ').sort()).toEqual(['GET', 'HEAD', 'PUT']);
  });

  it.each([
    '/products?limit=0',
    '/products?limit=101',
    '/products?limit=ten',
    '/products?limit=1&limit=2',
    '/products?limit=0x10',
    '/products?limit=1e1',
    '/products?limit=%205',
    '/products?limit=05',
    '/products?limit=',
  ])('is 422 for %s', async (url) => {
    expect(await call(gateway, 'GET', url)).toMatchObject({ status: 422 });
  });
});

describe('a declared parameter written as a list or an object', () => {
  const BRACKETS = [
    'limit[]=5',
    'limit%5B%5D=5',
    'limit[0]=5',
    'limit[a][b]=5',
    'limit[=5',
    'cursor[a]=',
    'limit=5&cursor[]=x',
    'limit[]=5&utm_source=x',
  ];
  it.each(BRACKETS)('is 422 and not ignored: %s', async (query) => {
    for (const listing of ['/products', '/orders', '/me/notifications', '/flash-sales']) {
      expect(await call(gateway, 'GET', `${listing}?${query}`, { as: ann }), listing).toMatchObject({
        status: 422,
        body: { errors: [{ path: expect.stringContaining('[') }] },
      });
    }
  });

  it.each([
    '/orders?status[]=paid',
    '/ops/dead-letters?limit[]=5',
    `/flash-sales/${ANN}/claims/1.${'x'.repeat(43)}?entry[]=1`,
    `/flash-sales/${ANN}/claims/1.${'x'.repeat(43)}/stream?entry[]=1`,
  ])('is 422 wherever there is one: %s', async (url) => {
    expect(await call(gateway, 'GET', url, { as: admin })).toMatchObject({ status: 422 });
  });
});

describe('an undeclared parameter', () => {
  const LISTINGS = ['/products', '/orders', '/me/notifications', '/flash-sales', '/ops/dead-letters'];
  it.each([
    'utm_source=newsletter',
    '_=1732800000',
    'fbclid=abc',
    'lim=1',
    'limit=5&utm_source=x',
    'utm[id]=1',
    'toString[]=1',
    '[]=1',
  ])('is ignored: %s', async (query) => {
    // 503: accepted by the gateway, whose request to the service then fails without a broker.
    for (const listing of LISTINGS)
      expect(await call(gateway, 'GET', `${listing}?${query}`, { as: admin }), listing).toMatchObject({ status: 503 });
  });
});

describe('sign-up', () => {
  const NEW = { phone: '+15550000001', name: 'Ann', password: 'a password' };
  it.each([
    { phone: '555' },
    { password: 'short' },
    { password: 'x'.repeat(201) },
    { name: ' ' },
    { name: 7 },
    { role: 'admin' },
  ])('is 422 with %o', async (fault) => {
    expect(await call(gateway, 'POST', '/users', { body: { ...NEW, ...fault } })).toMatchObject({ status: 422 });
  });
});

describe('a card', () => {
  const pay = (body: unknown) => call(gateway, 'POST', `/orders/${ANN}/payment`, { as: ann, body });
  it.each([{ card: 'not a number' }, { card: 4242424242424242 }, {}, { card: '4242424242424242', cvc: '1' }])(
    'is 422 as %o',
    async (body) => {
      expect(await pay(body)).toMatchObject({ status: 422, body: { title: 'Not valid' } });
    },
  );

  it('is 503 without payments, valid at the card gateway or not, and absent from the response', async () => {
    const answers = await Promise.all(['4242424242424242', '5555555555554444'].map((card) => pay({ card })));
    expect(answers[0]).toMatchObject({ status: 503, body: { title: 'Service Unavailable' } });
    expect(answers[1]!.body).toEqual(answers[0]!.body);
    expect(JSON.stringify(answers)).not.toMatch(/5555555555554444|4242424242424242/);
  });
});

describe('a token', () => {
  const withHeader = (authorization: string) => call(gateway, 'GET', '/orders', { headers: { authorization } });

  it('is required', async () => {
    const answer = await call(gateway, 'GET', '/orders');
    expect(answer).toMatchObject({ status: 401, body: { status: 401 } });
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it.each(['Bearer', 'Bearer x', 'Basic YW5uOmI=', 'Bearer a.b.c'])('is 401 as "%s"', async (header) => {
    expect(await withHeader(header)).toMatchObject({ status: 401 });
  });

  it('is 401 when it has expired, has a foreign signature, no signature, an unknown role or no user', async () => {
    const foreign = generateKeyPairSync('ed25519').privateKey;
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${ann.split('.')[1]}.x`;
    const tokens = await Promise.all([
      tokenOf(ANN, { expiresIn: -1 }),
      tokenOf(ANN, { key: foreign }),
      tokenOf(ANN, { role: 'root' }),
      tokenOf('nobody'),
    ]);
    for (const token of [...tokens, unsigned])
      expect(await withHeader(`Bearer ${token}`)).toMatchObject({ status: 401 });
  });

  it('that was valid is 401 as soon as it has expired', async () => {
    const brief = `Bearer ${await tokenOf(ANN, { expiresIn: 2 })}`;
    for (let n = 0; n < 2; n++) expect((await withHeader(brief)).status).not.toBe(401);
    await eventually(async () => expect((await withHeader(brief)).status).toBe(401));
  });

  it('is 403 for a customer where the role admin is required', async () => {
    const price = { amount: 100, currency: 'EUR' };
    expect(await call(gateway, 'PUT', '/products/TEA', { as: ann, body: { name: 'Tea', price } })).toMatchObject({
      status: 403,
      body: { status: 403 },
    });
    expect(await call(gateway, 'GET', `/parcels/${ANN}`, { as: ann })).toMatchObject({ status: 403 });
  });
});

describe('without a broker', () => {
  it('the gateway is alive and not ready', async () => {
    expect(await call(gateway, 'GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'alive' } });
    expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 503, body: { missing: ['broker'] } });
  });

  it('an order is 503 at once, with Retry-After', async () => {
    const answer = await place(order());
    expect(answer).toMatchObject({ status: 503, body: { status: 503 } });
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.headers['location']).toBeUndefined();
  });

  it('a listing is 503 too', async () => {
    expect(await call(gateway, 'GET', '/products')).toMatchObject({ status: 503 });
  });
});

describe('a correlation id', () => {
  it('is the caller’s own when it is usable, else a new one', async () => {
    const idFor = async (given: string) =>
      (await call(gateway, 'GET', '/healthz', { headers: { 'x-correlation-id': given } })).headers['x-correlation-id'];
    expect(await idFor('checkout-7')).toBe('checkout-7');
    expect(await idFor('two words')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idFor('x'.repeat(129))).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('on a real connection', () => {
  let port: number;
  beforeAll(async () => {
    await gateway.app.listen(0, '127.0.0.1');
    port = Number(new URL(await gateway.app.getUrl()).port);
  });

  /** Sends raw bytes and returns everything received until the connection ends; a reset throws. */
  const raw = (bytes: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
      socket.on('data', (data) => (answer += data.toString()));
      socket.on('error', reject).on('close', () => resolve(answer));
    });

  it('a body of 10 MB is answered with 413 without a reset, and the connection ends', async () => {
    const size = 10 * 1024 * 1024;
    const type = 'content-type: application/json';
    const head = `POST /orders HTTP/1.1\r\nhost: x\r\n${type}\r\ncontent-length: ${size}\r\n\r\n`;
    for (let n = 0; n < 5; n++)
      expect(await raw(head + 'x'.repeat(size))).toMatch(
        /^HTTP\/1\.1 413 [^]*application\/problem\+json[^]*"status":413/,
      );
    expect((await call(gateway, 'GET', '/healthz')).status).toBe(200);
  });

  it('a malformed request is refused with a correlation id, and the response may not be cached', async () => {
    const refused = [
      'not http\r\n\r\n',
      `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`,
      'POST /sessions HTTP/1.1\r\nhost: x\r\nexpect: nonsense\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
    ];
    for (const bytes of refused)
      expect(await raw(bytes)).toMatch(
        /^(?=[^]*\r\nx-correlation-id: [0-9a-f-]{36}\r\n)(?=[^]*\r\ncache-control: no-store\r\n)/i,
      );
  });

  it('bytes that are not HTTP get a problem, and the connection ends', async () => {
    expect(await raw('not http\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"detail"/);
  });

  it('a request without a host gets a problem; one of HTTP/1.0 needs no host', async () => {
    expect(await raw('GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"detail":"A request names its host\."/,
    );
    expect(await raw('GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('an unsupported expectation gets a problem, and 100-continue is supported', async () => {
    const expecting = (what: string) =>
      raw(
        `POST /sessions HTTP/1.1\r\nhost: x\r\nexpect: ${what}\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`,
      );
    expect(await expecting('nonsense')).toMatch(/^HTTP\/1\.1 417 [^]*application\/problem\+json[^]*"status":417/);
    expect(await expecting('100-continue')).toMatch(/^HTTP\/1\.1 100 Continue[^]*HTTP\/1\.1 422 /);
  });

  it('endless headers get 431', async () => {
    expect(await raw(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });
});
