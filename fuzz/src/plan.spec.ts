// @ts-nocheck
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Book } from './book.js';
import { operationsOf } from './operations.js';
import { refused } from './plan.js';
import { repeat } from './repeats.js';
import { Requests } from './requests.js';
import { isValid } from './schema.js';
import { Session } from './session.js';
import { Transport } from './transport.js';
import { World } from './world.js';

const problem = { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
const COUPON = {
  type: 'object',
  properties: {
    code: { type: 'string' },
    value: { type: 'integer', minimum: 1, maximum: 9 },
    kind: { enum: ['percent'] },
    expiresAt: { type: 'string' },
  },
  required: ['code', 'value'],
  additionalProperties: false,
};
const json = (schema) => ({ content: { 'application/json': { schema } } });
const responses = Object.fromEntries([400, 401, 403, 413, 415, 417, 422, 431].map((status) => [status, problem]));
const document = {
  paths: {
    '/coupons': {
      post: {
        security: [{ token: [] }],
        requestBody: { required: true, ...json(COUPON) },
        responses: { 201: json(COUPON), ...responses },
      },
    },
  },
  components: { schemas: { Problem: { type: 'object', required: ['title', 'status'] } } },
};
const actors = {
  customers: ['customer'],
  accounts: [],
  tokenOf: (actor) => (actor === 'nobody' ? undefined : `Bearer a.b.${actor}`),
};

/** A shop with two faults: it writes before it refuses a field that nobody asked for, and it takes no coupon twice. */
const written = [];
const codes = new Set();
const server = createServer((request, response) => {
  let text = '';
  request
    .on('data', (chunk) => (text += chunk))
    .on('end', () => {
      const [status, body] = answerTo(text);
      response.writeHead(status, {
        'content-type': status < 400 ? 'application/json' : 'application/problem+json',
        'cache-control': 'no-store',
        'x-correlation-id': 'c',
      });
      response.end(JSON.stringify(body));
    });
});

function answerTo(text) {
  const value = /^{.*}$/s.test(text) ? JSON.parse(text) : {};
  if (Object.keys(value).some((name) => !(name in COUPON.properties))) written.push(text);
  if (!isValid(value, COUPON, document)) return [422, { title: 'Not valid', status: 422 }];
  if (codes.has(value.code)) return [409, { title: 'Taken', status: 409 }];
  codes.add(value.code);
  return [201, value];
}

let session;
let requests;
beforeAll(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${server.address().port}`;
  const [operations, world] = [operationsOf(document), new World()];
  session = new Session({
    base,
    seed: 1,
    document,
    transport: new Transport(base),
    world,
    actors,
    book: new Book(operations),
  });
  requests = new Requests({ seed: 1, operations, document, world, actors });
});
afterAll(() => {
  session.transport.close();
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const faults = () => session.book.entries[0].faults.map(({ what }) => what);

describe('a shop with faults', () => {
  it('is found to write what it refuses, and which request that was', async () => {
    const make = (n) => {
      const tries = Array.from({ length: 60 }, (_, turn) => requests.make(n * 100 + turn, { refused: true }));
      return tries.find(({ kind }) => kind === 'body'); // this shop looks at nothing else
    };
    const look = async () => ({ 'shop.coupons': String(written.length) });
    await refused({ session, requests: { make }, look }, 1, 12, { until: Infinity });
    const found = faults().filter((what) => what.startsWith('refused, and has written: shop.coupons'));
    expect(found.length).toBeGreaterThan(0);
    for (const what of found) expect(what).toMatch(/a field nobody asked for|in capitals/);
  });

  it('is not blamed for what changes by itself', async () => {
    const before = faults().length;
    let clock = 0;
    const make = (n) => ({
      ...requests.make(1, { key: 'POST /coupons', fits: true }),
      n,
      kind: 'token',
      expects: [201, 409, 422],
    });
    await refused({ session, requests: { make }, look: async () => ({ 'shop.clock': String(clock++) }) }, 1, 3, {
      until: Infinity,
    });
    expect(
      faults()
        .slice(before)
        .filter((what) => what.includes('written')),
    ).toEqual([]);
  });

  it('is found not to take the same again', async () => {
    await repeat(session, requests, 7, async () => ({ status: 0, json: undefined }));
    expect(faults().at(-1)).toMatch(/^asked again, it is answered .*409/);
  });
});
