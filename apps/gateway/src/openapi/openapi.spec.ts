import { Validator } from '@seriousme/openapi-schema-validator';
import { catalogue } from '@sluice/contracts';
import { idempotencyKeyOf, routesOf } from '@sluice/http-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { call, startGateway } from '../testing/gateway.js';

let gateway: Gateway;
let paths: Record<string, Record<string, { responses: Record<string, unknown>; security?: unknown }>>;

beforeAll(async () => {
  gateway = await startGateway({ AMQP_URL: 'amqp://127.0.0.1:1' });
  paths = (await call(gateway, 'GET', '/openapi.json')).body['paths'] as typeof paths;
});
afterAll(() => gateway.stop());

const documented = () =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
/** The documents, their pages and the page of the shop are no calls of the API. */
const NO_CALLS =
  /^\/(?:openapi\.json|asyncapi\.json|docs.*|assets.*|page.*|favicon\.svg|(?:shop|sale|keeper|machine)?(?:\/\*)?)$/;
/** Every GET route also serves HEAD. */
const served = () =>
  routesOf(gateway.app.getHttpAdapter().getInstance())
    .filter(({ method, url }) => method !== 'HEAD' && !NO_CALLS.test(url))
    .map(({ method, url }) => `${method} ${url.replace(/:(\w+)/g, '{$1}')}`);

describe('the OpenAPI document', () => {
  it('has every route that is served and no other', () => {
    expect(documented().sort()).toEqual(served().sort());
    expect(documented()).toContain('POST /orders/{id}/payment');
  });

  it('is OpenAPI 3.1 with every reference resolved', async () => {
    const { body } = await call(gateway, 'GET', '/openapi.json');
    expect(body['openapi']).toBe('3.1.0');
    const references = JSON.stringify(body).match(/#\/components\/schemas\/\w+/g) ?? [];
    const schemas = (body['components'] as { schemas: Record<string, unknown> }).schemas;
    expect(references.length).toBeGreaterThan(5);
    for (const reference of references) expect(schemas).toHaveProperty(reference.split('/').at(-1)!);
  });

  it('is valid by the official schema', async () => {
    const { body } = await call(gateway, 'GET', '/openapi.json');
    const validator = new Validator();
    expect(await validator.validate(body)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('describes the request and the responses of placing an order', () => {
    const place = paths['/orders']!['post']!;
    expect(Object.keys(place.responses)).toEqual(expect.arrayContaining(['201', '202', '401', '409', '422', '503']));
    expect(place.security).toEqual([{ token: [] }]);
    expect(JSON.stringify(place)).toContain('Idempotency-Key');
    expect(paths['/sessions']!['post']!.security).toBeUndefined();
  });

  it('describes exactly the accepted input', () => {
    const schemaOf = (path: string) =>
      (
        paths[path]!['post'] as unknown as {
          requestBody: {
            required: boolean;
            content: {
              'application/json': { schema: { properties: Record<string, { pattern?: string; maxLength?: number }> } };
            };
          };
        }
      ).requestBody;
    const { name, password } = schemaOf('/users').content['application/json'].schema.properties;
    expect([name!.maxLength, password!.maxLength]).toEqual([100, 200]);
    const taken = (pattern: string | undefined, text: string) => new RegExp(pattern!, 'u').test(text);
    expect(['Ada', ' ', 'A\nB', '\u200B'].map((text) => taken(name!.pattern, text))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(['a password', ' '.repeat(8), '\uD800'.repeat(8)].map((text) => taken(password!.pattern, text))).toEqual([
      true,
      false,
      false,
    ]);
    expect([schemaOf('/orders').required, schemaOf('/ops/dead-letters/{queue}/redrive').required]).toEqual([
      true,
      false,
    ]);
    expect(JSON.stringify(schemaOf('/coupons'))).toContain('#/components/schemas/Currency');
  });

  const KEYS = [
    'k',
    '"k"',
    '"',
    '"a',
    'a"b',
    '"a\\b"',
    '"a\\"b"',
    'x'.repeat(255),
    'x'.repeat(256),
    `"${'x'.repeat(255)}"`,
    `"${'x'.repeat(256)}"`,
    '""',
    '"a b"',
    'a b',
    '',
    'clé',
  ];
  it.each(KEYS)('describes whether "%s" is a valid idempotency key', (key) => {
    const { pattern } = (paths['/orders']!['post'] as unknown as { parameters: { schema: { pattern: string } }[] })
      .parameters[0]!.schema;
    const taken = () => idempotencyKeyOf(key);
    if (new RegExp(pattern, 'u').test(key)) expect(taken()).toBeTruthy();
    else expect(taken).toThrow('Not valid');
  });

  it('lists the headers of responses', () => {
    const headers = (path: string, status: string) =>
      Object.keys((paths[path]!['post']!.responses[status] as { headers: object }).headers);
    expect(headers('/orders', '202')).toEqual(['X-Correlation-Id', 'Location']);
    expect(headers('/orders', '503')).toContain('Retry-After');
    expect(headers('/orders', '401')).toContain('WWW-Authenticate');
    expect(headers('/users', '201')).not.toContain('Location');
    expect(Object.keys(paths['/parcels/{id}/dispatch']!['post']!.responses)).toContain('409');
  });

  it('lists the problems that occur before routing, on every route', () => {
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => ({ path, method, statuses: Object.keys(responses) })),
    );
    expect(operations.length).toBeGreaterThan(30);
    for (const { path, method, statuses } of operations) {
      expect(statuses, `${method} ${path}`).toEqual(
        expect.arrayContaining([
          '400',
          '417',
          '431',
          ...(method === 'get' ? [] : ['413', '415']),
          ...(['/healthz', '/busy'].includes(path) ? [] : ['503']),
        ]),
      );
      expect(statuses.includes('415'), `${method} ${path}`).toBe(method !== 'get');
    }
    expect(Object.keys(paths['/healthz']!['get']!.responses)).not.toContain('503');
  });

  it('is generated once, and may be cached for a while', async () => {
    const { headers } = await call(gateway, 'GET', '/openapi.json');
    expect([headers['cache-control'], headers['content-type']]).toEqual([
      'public, max-age=300',
      expect.stringMatching(/^application\/json/),
    ]);
  });

  it('describes the events of a stream, and how to resume it', () => {
    const stream = paths['/orders/{id}/stream']!['get']!;
    expect(Object.keys(stream.responses)).toEqual(['200', '204', '400', '401', '404', '417', '429', '431', '503']);
    expect(stream.responses['200']).toMatchObject({
      content: { 'text/event-stream': { schema: { properties: { status: {}, change: {} } } } },
    });
    expect(JSON.stringify(stream)).toContain('Last-Event-ID');
  });

  it('describes the responses to a claim on a flash sale', () => {
    const claim = paths['/flash-sales/{id}/claims']!['post']!;
    expect(Object.keys(claim.responses)).toEqual([
      '202',
      '303',
      '400',
      '401',
      '404',
      '410',
      '413',
      '415',
      '417',
      '422',
      '425',
      '429',
      '431',
      '503',
    ]);
    expect(claim.security).toEqual([{ token: [] }]);
    expect(paths['/flash-sales/{id}']!['get']!.security).toBeUndefined();
    expect(JSON.stringify(paths['/flash-sales/{id}/claims/{ticket}']!['get'])).toContain('"entry"');
  });

  it('has a page to read it in a browser', async () => {
    const page = await gateway.app.inject({ method: 'GET', url: '/docs/' });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('swagger-ui');
  });
});

describe('the AsyncAPI document', () => {
  it('is public, and has every message', async () => {
    const { status, headers, body } = await call(gateway, 'GET', '/asyncapi.json');
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(headers['cache-control']).toBe('public, max-age=300');
    expect(body['asyncapi']).toBe('3.0.0');
    expect(Object.keys(body['channels'] as object)).toEqual([...catalogue.keys(), 'answers']);
  });
});
