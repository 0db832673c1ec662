// @ts-nocheck
import { broken } from './broken.js';
import { notJson, otherMedia } from './media.js';
import { methodsAt } from './operations.js';
import { RAW } from './raw.js';
import { isValid } from './schema.js';
import { isOwned, referencesOf } from './world.js';

/** Looked at before the form of the request: a sale that is over, or has not begun. */
const AT_THE_DOOR = { 'POST /flash-sales/{id}/claims': [410, 425] };
/** Some bytes more than are taken. */
const LARGE = Buffer.from(JSON.stringify({ x: 'x'.repeat(64 * 1024) }));
const pathParameters = ({ parameters }) => parameters.filter(({ in: place }) => place === 'path');
const queryParameters = ({ parameters }) => parameters.filter(({ in: place }) => place === 'query');

const writes = ({ method }) => method !== 'GET';

/**
 * What makes of a request that fits one that must be refused, by kind. `of`: the operations that it is for.
 * @type {Record<string, { weight: number, of: (operation: any, requests: any) => boolean, alter: Alter }>}
 * @typedef {(fitting: any, random: import('@sluice/chaos/random').Random, requests: any) => object} Alter
 */
const ALTERATIONS = {
  body: { weight: 18, of: ({ body }) => body !== undefined, alter: brokenBody },
  json: { weight: 6, of: writes, alter: (fitting, random) => ({ ...fitting, ...random.pick(notJson(fitting)) }) },
  media: { weight: 5, of: writes, alter: otherMedia },
  large: { weight: 1, of: writes, alter: (fitting) => ({ ...fitting, body: LARGE, expects: [413] }) },
  path: { weight: 5, of: (operation) => pathParameters(operation).length > 0, alter: brokenPath },
  query: { weight: 8, of: (operation) => queryParameters(operation).length > 0, alter: brokenQuery },
  header: { weight: 5, of: (operation) => headersFor(operation).length > 0, alter: brokenHeader },
  token: { weight: 6, of: ({ secured }) => secured, alter: badToken },
  role: { weight: 4, of: ({ admin }) => admin, alter: otherRole },
  foreign: { weight: 10, of: isOwned, alter: foreign },
  method: { weight: 2, of: () => true, alter: otherMethod },
  nowhere: { weight: 1, of: () => true, alter: elsewhere },
  headers: {
    weight: 1.5,
    of: () => true,
    alter: (fitting, random) => ({ ...fitting, ...random.pick(tooMuch(fitting)) }),
  },
  expectation: { weight: 0.5, of: () => true, alter: expecting },
  raw: { weight: 1.5, of: () => true, alter: (fitting, random) => ({ ...fitting, ...random.pick(RAW) }) },
};

/**
 * @param {import('./operations.js').Operation} operation
 * @returns {Record<string, { weight: number, alter: Alter }>} by kind
 */
export const alterations = (operation) =>
  Object.fromEntries(Object.entries(ALTERATIONS).filter(([, { of }]) => of(operation)));

function otherRole(fitting, random, { actors }) {
  return { ...fitting, actor: random.pick(actors.customers), expects: [403] };
}

function elsewhere(fitting, random) {
  return { ...fitting, target: random.pick(NOWHERE), expects: [400, 404], outside: true };
}

function expecting(fitting) {
  return { ...fitting, headers: { ...fitting.headers, expect: 'nonsense' }, expects: [417] };
}

function brokenBody(fitting, random, { document }) {
  const { operation } = fitting;
  const door = AT_THE_DOOR[operation.key] ?? [];
  if (operation.body.required && random.next() < 0.05)
    return { ...fitting, json: undefined, how: 'no body', expects: [422, ...door] };
  const { value, how } = broken(fitting.json ?? {}, operation.body.schema, document, random);
  return { ...fitting, json: value, how, expects: [422, ...door] };
}

const ODD_PARTS = [
  '%00',
  '%',
  '%ZZ',
  '%E0%A4%A',
  '%ff',
  '%ED%A0%80',
  '..%2f..%2fetc',
  '%2e%2e',
  '%20',
  '1',
  'null',
  'x'.repeat(300),
  '%F0%9F%98%80',
  "'%20OR%201=1--",
  '${jndi:ldap:x}',
  '*',
  '%0d%0aset-cookie:x',
  ';id=1',
];

function brokenPath(fitting, random, { document }) {
  const { name, schema } = random.pick(pathParameters(fitting.operation));
  const part = random.pick(ODD_PARTS);
  if (isValid(decoded(part), schema, document)) return { ...fitting, how: 'a made-up name' };
  const target = fitting.operation.path.replace(/\{(\w+)\}/g, (_, one) =>
    one === name ? part : encodeURIComponent(fitting.parameters[one]),
  );
  // `..` is taken away by nobody, and `.` may lead to another path.
  return { ...fitting, target, how: `${name} is ${part.slice(0, 40)}`, expects: [400, 404], outside: true };
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return '\0';
  }
}

const ODD_VALUES = [
  '0',
  '-1',
  '101',
  '1.5',
  'abc',
  '',
  'NaN',
  'Infinity',
  '0x10',
  '1e1',
  '%205',
  '05',
  '9007199254740993',
  '%00',
  '%F0%9F%98%80',
  'x'.repeat(201),
  '%E2%80%AE',
  'paid%20',
  'PAID',
  "'",
];

function brokenQuery(fitting, random, { document }) {
  const { name, schema } = random.pick(queryParameters(fitting.operation));
  const others = fitting.query
    .filter(([other]) => other !== name)
    .map(([other, value]) => `${other}=${encodeURIComponent(value)}`);
  const brackets = random.pick(['[]', '%5B%5D', '[0]', '[a]', '[a][b]', '[']);
  const value = random.pick(ODD_VALUES);
  const given = schema.type === 'integer' && /^(0|[1-9]\d*)$/.test(value) ? Number(value) : decoded(value);
  const cases = [
    `${name}=1&${name}=2`,
    `${name}${brackets}=1`,
    ...(isValid(given, schema, document) ? [] : [`${name}=${value}`]),
  ];
  const wrong = random.pick(cases);
  return { ...fitting, query: [], extra: [...others, wrong], how: wrong.slice(0, 60), expects: [422] };
}

const KEYS = ['', ' ', 'a b', 'cl\u00e9', '""', '"a b"', 'x'.repeat(256), `"${'x'.repeat(256)}"`];
const EVENTS = ['-1', '1.5', 'x', '2147483648', '99999999999', '1 2', '+1', '1e3', '0x1', ''];

function headersFor({ parameters }) {
  const has = (header) => parameters.some(({ in: place, name }) => place === 'header' && name === header);
  if (has('Idempotency-Key')) return KEYS.map((value) => ({ name: 'idempotency-key', value, expects: [422] }));
  return has('Last-Event-ID') ? EVENTS.map((value) => ({ name: 'last-event-id', value, expects: [400, 404] })) : [];
}

function brokenHeader(fitting, random) {
  const { name, value, expects } = random.pick(headersFor(fitting.operation));
  return { ...fitting, headers: { [name]: value }, how: `${name}: ${value.slice(0, 20)}`, expects };
}

/** None, text that is none, one of somebody else's making, a good one that was changed. */
function badToken(fitting, random, { actors }) {
  const good = actors.tokenOf(actors.customers[0]);
  const [head, claims, signature] = good.split('.');
  const admin = Buffer.from(
    JSON.stringify({ sub: '00000000-0000-7000-8000-000000000000', role: 'admin', exp: 4_102_444_800 }),
  ).toString('base64url');
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
  const tokens = [
    '',
    'Bearer',
    'Bearer x',
    'Bearer a.b.c',
    'Basic YW5uOmI=',
    `Bearer ${unsigned}.${admin}.`,
    `${head}.${admin}.${signature}`,
    `${head}.${claims}.${signature.slice(0, -4)}AAAA`,
    good.slice(7),
    `${good}, ${good}`,
  ];
  return { ...fitting, actor: 'nobody', token: random.pick(tokens), expects: [401] };
}

/** What belongs to somebody else is not there. */
function foreign(fitting, random, { world }) {
  const { kind, name } = referencesOf(fitting.operation).find(({ owned }) => owned);
  const thing = world.pick(kind, random, ({ owner }) => owner !== fitting.actor);
  if (!thing) return { ...fitting, how: 'nothing of anybody else is there yet' };
  const parameters = { ...fitting.parameters, ...(thing.of && { id: thing.of }), [name]: thing.value };
  const json = fitting.json?.card ? { ...fitting.json, card: '4242424242424242' } : fitting.json;
  return { ...fitting, parameters, json, headers: {}, how: `what is ${thing.owner}'s`, expects: [404] };
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'];

function otherMethod(fitting, random, { operations }) {
  const there = methodsAt(operations, fitting.operation.path);
  const method = random.pick(METHODS.filter((one) => !there.includes(one)));
  if (method === 'HEAD' && there.includes('GET'))
    return { ...fitting, method, json: undefined, how: 'HEAD', outside: true };
  return { ...fitting, method, json: undefined, how: method, expects: [404, 405], outside: true };
}

const NOWHERE = [
  '/nowhere',
  '//',
  '/orders/x/y/z',
  '/.env',
  '/ORDERS',
  '/orders/',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/products/TEE-BLACK/../../orders',
  '/admin',
  '/openapi.yaml',
  '/users/1',
  '/%00',
];

function tooMuch({ headers }) {
  const many = Object.fromEntries(Array.from({ length: 110 }, (_, n) => [`x-${n}`, '1']));
  return [
    { headers: { ...headers, ...many }, how: 'many headers', expects: [431] },
    { headers: { ...headers, 'x-long': 'x'.repeat(17_000) }, how: 'a long header', expects: [431] },
  ];
}
