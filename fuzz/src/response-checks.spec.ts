import { describe, expect, it } from 'vitest';
import { curlCommand } from './curl.js';
import { responseOf, type HttpResponse } from './http-client.js';
import { operationsOf, type OpenApi, type Operation } from './operations.js';
import { faultLines, Report, tableOf } from './report.js';
import type { FuzzRequest } from './request.js';
import { eventsOf, faultsOf } from './response-checks.js';
import { changesBetween } from './table-checksums.js';

const problem = {
  description: 'no',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
const located = { Location: { required: true, schema: { type: 'string' } } };
const document: OpenApi & { components: object } = {
  paths: {
    '/orders': {
      post: {
        security: [{ token: [] }],
        requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
        responses: {
          201: {
            headers: located,
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: { id: { type: 'string' } },
                  required: ['id'],
                  additionalProperties: false,
                },
              },
            },
          },
          400: problem,
          401: problem,
          409: problem,
          422: problem,
          429: problem,
          503: problem,
        },
      },
    },
    '/orders/{id}/stream': {
      get: {
        security: [{ token: [] }],
        responses: {
          200: { content: { 'text/event-stream': { schema: { type: 'object', required: ['status'] } } } },
          400: problem,
        },
      },
    },
  },
  components: {
    schemas: {
      Problem: {
        type: 'object',
        properties: { title: { type: 'string' }, status: { type: 'integer' } },
        required: ['title', 'status'],
      },
    },
  },
};
const [place, stream] = operationsOf(document) as [Operation, Operation];
const request = (more: Partial<FuzzRequest> = {}): FuzzRequest => ({
  n: 1,
  operation: place,
  kind: 'fits',
  caller: 'customer',
  method: 'POST',
  target: '/orders',
  headers: { authorization: 'Bearer x' },
  ...more,
});
const HEADERS = {
  'cache-control': 'no-store',
  'x-correlation-id': 'c',
  location: '/orders/1',
  'content-type': 'application/json',
};

type Response = Pick<HttpResponse, 'status' | 'headers' | 'text' | 'error'>;
const good: Response = { status: 201, headers: HEADERS, text: '{"id":"1"}' };
const refusal = (status: number, headers = {}, body = {}): Response => ({
  status,
  headers: { ...HEADERS, 'content-type': 'application/problem+json', ...headers },
  text: JSON.stringify({ title: 'No', status, ...body }),
});
const faults = ({ status, headers, text, error }: Response, more?: Partial<FuzzRequest>): string[] =>
  faultsOf(request(more), responseOf(status, headers, text, error), document);

describe('the checks of a response', () => {
  it('find nothing wrong with what the document has', () => {
    expect(faults(good)).toEqual([]);
    expect(faults(refusal(409))).toEqual([]);
    expect(faults(refusal(503, { 'retry-after': '1' }))).toEqual([]);
    expect(faults(refusal(422, {}, { title: 'No such product' }))).toEqual([]);
    expect(faults(refusal(422), { expects: [422] })).toEqual([]);
  });

  const WRONG: readonly [what: string, response: Response, more: Partial<FuzzRequest>, fault: RegExp][] = [
    ['no answer', { status: 0, headers: {}, text: '', error: 'ECONNRESET' }, {}, /no answer: ECONNRESET/],
    ['a fault of ours', refusal(500), {}, /answered 500/],
    ['a status that the document does not name', refusal(418), {}, /418 is not in the document/],
    ['503 that names no time', refusal(503), {}, /503 without Retry-After/],
    ['429 that names no time', refusal(429), {}, /429 without Retry-After/],
    ['401 that names no scheme', refusal(401), { expects: [401] }, /401 without www-authenticate/],
    ['success where a refusal was due', good, { expects: [422] }, /answered 201 where 422 was expected/],
    ['another refusal than was due', refusal(409), { expects: [422] }, /answered 409 where 422/],
    ['a refusal of the form of what fits', refusal(400), {}, /fits the document, and is refused with 400/],
    [
      'a field named that fits',
      refusal(422, {}, { title: 'Not valid', errors: [{ path: 'name', message: 'too long' }] }),
      {},
      /name too long/,
    ],
    [
      'a refusal of the right caller',
      refusal(401, { 'www-authenticate': 'Bearer' }),
      {},
      /asked by customer, answered 401/,
    ],
    ['a header that is missing', { ...good, headers: { ...HEADERS, location: undefined } }, {}, /201 without Location/],
    [
      'an answer that may be kept',
      { ...good, headers: { ...HEADERS, 'cache-control': undefined } },
      {},
      /no cache-control/,
    ],
    [
      'no correlation id',
      { ...good, headers: { ...HEADERS, 'x-correlation-id': undefined } },
      {},
      /no x-correlation-id/,
    ],
    ['another type', { ...good, headers: { ...HEADERS, 'content-type': 'text/html' } }, {}, /201 as text\/html/],
    ['a body of another shape', { ...good, text: '{"id":1}' }, {}, /\/id: type/],
    [
      'a field that the document does not know',
      { ...good, text: '{"id":"1","secret":1}' },
      {},
      /\/secret: is not known/,
    ],
    ['no JSON', { ...good, text: '<html>' }, {}, /no JSON/],
    ['an error that is no problem', { ...refusal(409), headers: HEADERS }, {}, /409 as application\/json/],
    ['a problem of another status', { ...refusal(409), text: '{"title":"No","status":404}' }, {}, /a problem says 404/],
    [
      'a stack trace',
      refusal(409, {}, { detail: 'at Object.<anonymous> (/app/index.js:1:2)' }),
      {},
      /shows what is inside/,
    ],
  ];
  it.each(WRONG)('find %s', (_, response, more, fault) => expect(faults(response, more).join('\n')).toMatch(fault));

  it('let the token of a caller who signs out meanwhile be void, and no other', () => {
    const void401 = refusal(401, { 'www-authenticate': 'Bearer' });
    expect(faults(void401, { caller: 'leaver', expects: [422] })).toEqual([]);
    expect(faults(void401, { caller: 'customer', expects: [422] })).not.toEqual([]);
  });

  it('check every event of a stream, but not one that was cut off', () => {
    const ofStream = (text: string): string[] => {
      const headers = { ...HEADERS, 'content-type': 'text/event-stream' };
      return faults({ status: 200, headers, text }, { operation: stream, method: 'GET' });
    };
    expect(eventsOf('id: 1\ndata: {"a":1}\n\n: ping\n\ndata: {"b"')).toEqual(['{"a":1}']);
    expect(ofStream('data: {"status":"paid"}\n\ndata: {"st')).toEqual([]);
    expect(ofStream('data: {"state":"paid"}\n\n')).toEqual([expect.stringContaining('required')]);
  });

  it('let a well-formed id of an event be none of the stream', () => {
    const more = { operation: stream, method: 'GET' };
    expect(faults(refusal(400), { ...more, headers: { authorization: 'x', 'last-event-id': '9' } })).toEqual([]);
    expect(faults(refusal(400), { ...more, headers: { authorization: 'x' } })).not.toEqual([]);
  });
});

describe('the report', () => {
  it('counts requests and answers by operation, and shows how to repeat a fault', () => {
    const report = new Report(operationsOf(document));
    report.record(request(), good);
    report.record(request({ kind: 'body' }), refusal(422));
    report.addFault(place.key, { what: 'wrong', repeat: 'seed 1, request 1' });
    expect(tableOf(report)[2]).toMatch(/^\| `POST \/orders` \| 1 \|.*\| 201×1 422×1 \| 1 \|$/);
    expect(faultLines(report)).toEqual(['✗ POST /orders: wrong', '    seed 1, request 1']);
    expect(report.unreached).toEqual(['success', 'refusal'].map((lacks) => ({ key: stream.key, lacks })));
  });

  it('names the token and does not show it, and gives a body byte by byte', () => {
    const line = curlCommand('http://127.0.0.1:1', request({ body: Buffer.from("{'\xff", 'latin1') }));
    expect(line).toBe(
      `printf '{\\047\\377' | curl -i --path-as-is -X POST 'http://127.0.0.1:1/orders' -H "authorization: Bearer $CUSTOMER" --data-binary @-`,
    );
  });

  it('names the tables that have changed', () => {
    expect(changesBetween({ a: '1', b: '2' }, { a: '1', b: '3' })).toEqual(['b: 2 → 3']);
  });
});
