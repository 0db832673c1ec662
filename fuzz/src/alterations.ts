import type { Random } from '@sluice/chaos/random';
import { malformedJson, unsupportedMedia } from './invalid-body.js';
import { invalidHeader, invalidPath, invalidQuery, takesCheckedHeader } from './invalid-parameters.js';
import { invalidValue } from './invalid-value.js';
import { parametersIn, type Operation } from './operations.js';
import { RAW_REQUESTS } from './raw-requests.js';
import type { Draft } from './request.js';
import { ownedReferenceOf } from './resources.js';
import { invalidToken, resourceOfAnother, wrongRole } from './wrong-caller.js';
import type { Shop } from './shop.js';

/** Makes of a request that fits the document one that must be refused. */
interface Alteration {
  /** How often, in comparison with the others. */
  readonly weight: number;
  readonly appliesTo: (operation: Operation) => boolean;
  readonly alter: (fitting: Draft, random: Random, shop: Shop) => Draft;
}

const hasBody = ({ method }: Operation): boolean => method !== 'GET';
const always = (): boolean => true;

/** By kind, as the report names it. */
const ALTERATIONS: Readonly<Record<string, Alteration>> = {
  body: { weight: 18, appliesTo: ({ body }) => body !== undefined, alter: invalidBody },
  json: { weight: 6, appliesTo: hasBody, alter: malformedJson },
  media: { weight: 5, appliesTo: hasBody, alter: unsupportedMedia },
  large: { weight: 1, appliesTo: hasBody, alter: (fitting) => ({ ...fitting, body: LARGE, expects: [413] }) },
  path: { weight: 5, appliesTo: (operation) => parametersIn(operation, 'path').length > 0, alter: invalidPath },
  query: { weight: 8, appliesTo: (operation) => parametersIn(operation, 'query').length > 0, alter: invalidQuery },
  header: { weight: 5, appliesTo: takesCheckedHeader, alter: invalidHeader },
  token: { weight: 6, appliesTo: ({ secured }) => secured, alter: invalidToken },
  role: { weight: 4, appliesTo: ({ admin }) => admin, alter: wrongRole },
  foreign: {
    weight: 10,
    appliesTo: (operation) => ownedReferenceOf(operation) !== undefined,
    alter: resourceOfAnother,
  },
  method: { weight: 2, appliesTo: always, alter: otherMethod },
  nowhere: { weight: 1, appliesTo: always, alter: unknownPath },
  headers: { weight: 1.5, appliesTo: always, alter: tooLargeHeaders },
  expectation: { weight: 0.5, appliesTo: always, alter: unknownExpectation },
  raw: { weight: 1.5, appliesTo: always, alter: (fitting, random) => ({ ...fitting, ...random.pick(RAW_REQUESTS) }) },
};

export const alterationsOf = (operation: Operation): Record<string, Alteration> =>
  Object.fromEntries(Object.entries(ALTERATIONS).filter(([, { appliesTo }]) => appliesTo(operation)));

/** A little more than the gateway takes. */
const LARGE = Buffer.from(JSON.stringify({ x: 'x'.repeat(64 * 1024) }));
/** Statuses that come before the body is looked at: of a sale that is over, or has not begun. */
const BEFORE_THE_BODY: Readonly<Record<string, readonly number[]>> = { 'POST /flash-sales/{id}/claims': [410, 425] };
const NO_BODY = 0.05;

function invalidBody(fitting: Draft, random: Random, { document }: Shop): Draft {
  const { key, body } = fitting.operation;
  const expects = [422, ...(BEFORE_THE_BODY[key] ?? [])];
  if (body?.required && random.next() < NO_BODY) return { ...fitting, json: undefined, how: 'no body', expects };
  const { value, how } = invalidValue(fitting.json ?? {}, body?.schema ?? true, document, random);
  return { ...fitting, json: value, how, expects };
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'];

function otherMethod(fitting: Draft, random: Random, { operations }: Shop): Draft {
  const { path } = fitting.operation;
  const known = operations.filter((operation) => operation.path === path).map((operation) => operation.method);
  const method = random.pick(METHODS.filter((one) => !known.includes(one)));
  const altered = { ...fitting, method, json: undefined, how: method, outside: true };
  return method === 'HEAD' && known.includes('GET') ? altered : { ...altered, expects: [404, 405] };
}

const UNKNOWN_PATHS = [
  ...['/nowhere', '//', '/orders/x/y/z', '/.env', '/ORDERS', '/orders/', '/%2e%2e/%2e%2e/etc/passwd'],
  ...['/products/TEE-BLACK/../../orders', '/admin', '/openapi.yaml', '/users/1', '/%00'],
];

function unknownPath(fitting: Draft, random: Random): Draft {
  return { ...fitting, target: random.pick(UNKNOWN_PATHS), expects: [400, 404], outside: true };
}

const MANY_HEADERS = Object.fromEntries(Array.from({ length: 110 }, (_, n) => [`x-${n}`, '1']));

function tooLargeHeaders(fitting: Draft, random: Random): Draft {
  const [more, how] = random.pick([
    [MANY_HEADERS, 'many headers'],
    [{ 'x-long': 'x'.repeat(17_000) }, 'a long header'],
  ] as const);
  return { ...fitting, headers: { ...fitting.headers, ...more }, how, expects: [431] };
}

function unknownExpectation(fitting: Draft): Draft {
  return { ...fitting, headers: { ...fitting.headers, expect: 'nonsense' }, expects: [417] };
}
