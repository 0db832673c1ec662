import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Callers } from './callers.js';
import { CheckedClient } from './checked-client.js';
import { HttpClient, responseOf } from './http-client.js';
import { checkIdempotency } from './idempotency.js';
import { isObject, parseJson } from './json.js';
import { operationsOf } from './operations.js';
import { findRejectedWrites } from './rejected-writes.js';
import { Report } from './report.js';
import type { FuzzRequest } from './request.js';
import { RequestGenerator } from './request-generator.js';
import { KnownResources } from './resources.js';
import { isValid, type Keywords, type Schema } from './schema.js';

const problem = { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
const COUPON: Keywords = {
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
const json = (schema: Schema): { content: Record<string, { schema: Schema }> } => ({
  content: { 'application/json': { schema } },
});
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
/** A shop with two faults: it writes before it refuses an unknown field, and it takes no coupon twice. */
const written: string[] = [];
const codes = new Set<unknown>();
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

function answerTo(text: string): [status: number, body: unknown] {
  const found = parseJson(text);
  const value = isObject(found) ? found : {};
  if (Object.keys(value).some((name) => !(name in (COUPON.properties ?? {})))) written.push(text);
  if (!isValid(value, COUPON, document)) return [422, { title: 'Not valid', status: 422 }];
  if (codes.has(value.code)) return [409, { title: 'Taken', status: 409 }];
  codes.add(value.code);
  return [201, value];
}

let client: CheckedClient;
let generator: RequestGenerator;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const http = new HttpClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const callers = new Callers({ customer: 'Bearer a.b.customer' }, [{ phone: '+1', password: 'x' }], async () => '');
  const shop = { document, operations: operationsOf(document), resources: new KnownResources(), callers };
  client = new CheckedClient(http, shop, new Report(shop.operations), 1);
  generator = new RequestGenerator(1, shop);
});
afterAll(() => {
  client.http.close();
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const faults = (): string[] => client.report.faults.map(({ what }) => what);
const numbered = (count: number, make: (n: number) => FuzzRequest): FuzzRequest[] =>
  Array.from({ length: count }, (_, index) => make(1 + index));

describe('a shop with faults', () => {
  it('is found to write what it refuses, and which request that was', async () => {
    const make = (n: number): FuzzRequest => {
      const tries = Array.from({ length: 60 }, (_, turn) => generator.generate(n * 100 + turn, { kind: 'refused' }));
      const found = tries.find(({ kind }) => kind === 'body'); // this shop checks nothing else
      return found ?? expect.fail('no body was altered');
    };
    const look = async (): Promise<Record<string, string>> => ({ 'shop.coupons': String(written.length) });
    await findRejectedWrites({ client, look }, numbered(12, make));
    const found = faults().filter((what) => what.startsWith('refused, and has written: shop.coupons'));
    expect(found.length).toBeGreaterThan(0);
    for (const what of found) expect(what).toMatch(/a field nobody asked for|in capitals/);
  });

  it('is not blamed for what changes by itself', async () => {
    const before = faults().length;
    let clock = 0;
    const fitting = generator.generate(1, { key: 'POST /coupons', kind: 'fits' });
    const make = (n: number): FuzzRequest => ({ ...fitting, n, kind: 'token', expects: [201, 409, 422] });
    const look = async (): Promise<Record<string, string>> => ({ 'shop.clock': String(clock++) });
    await findRejectedWrites({ client, look }, numbered(3, make));
    const added = faults().slice(before);
    expect(added.filter((what) => what.includes('written'))).toEqual([]);
  });

  it('is found not to take the same again', async () => {
    await checkIdempotency(client, generator, 7, async () => responseOf(0, {}, ''));
    expect(faults().at(-1)).toMatch(/^asked again, it is answered .*409/);
  });
});
