import { randomUUID } from 'node:crypto';
import { Random } from '@sluice/chaos/random';
import { alterationsOf } from './alterations.js';
import { likelyValues } from './likely-values.js';
import { parametersIn, pathOf, takesHeader, type Operation } from './operations.js';
import type { Draft, FuzzRequest } from './request.js';
import { referencesOf } from './resources.js';
import type { Shop } from './shop.js';
import { ValueGenerator } from './values.js';

/**
 * How often an operation is called, in comparison with others: 1. Hashing a password takes a core 0.3 s; operators'
 * queries go to every service.
 */
const WEIGHTS: Readonly<Record<string, number>> = {
  'POST /users': 0.25,
  'POST /sessions': 0.25,
  'POST /users/verification': 0.5,
  'GET /ops/queues': 0.3,
  'GET /ops/dead-letters': 0.3,
  'GET /healthz': 0.3,
  'GET /readyz': 0.3,
  'GET /busy': 0.3,
  'DELETE /sessions/current': 0.2,
  'POST /me/password': 0.2,
  'POST /users/verification/resend': 0.3,
  'POST /orders': 3,
  'POST /orders/{id}/payment': 3,
  'POST /orders/{id}/cancellation': 1.5,
  'POST /flash-sales/{id}/claims': 2,
  'POST /flash-sales': 0.7,
  'POST /flash-sales/{id}/close': 0.1,
};
/** A valid request to these hashes a password: most are altered. */
const COSTLY = new Set(['POST /users', 'POST /sessions']);
/** A valid request to these voids the caller's token, or changes its password. */
const LEAVING = new Set(['DELETE /sessions/current', 'POST /me/password']);
const OWN_KEY_AGAIN = 0.1;
const NO_KEY = 0.1;
const QUOTED_KEY = 0.15;
const MADE_UP = 0.12;
const IN_CAPITALS = 0.1;
const OPTIONAL = 0.35;
const OPTIONAL_BODY = 0.5;
const HTML_ACCEPTED = 0.05;
const UNKNOWN_PARAMETER = 0.1;
/** Idempotency keys that are remembered, to be sent again. */
const KEPT_KEYS = 10;

const ODD_PARAMETERS = 'utm_source=newsletter _=1732800000 fbclid=%00 x[]=1 constructor=1 __proto__[a]=1'.split(' ');

/**
 * Mixes the seed and the number of a request, so that each request has random numbers of its own:
 * https://en.wikipedia.org/wiki/Fibonacci_hashing.
 */
export const randomOf = (seed: number, n: number): Random =>
  new Random((Math.imul(seed, 0x9e3779b1) ^ Math.imul(n, 0x85ebca6b)) >>> 0);

/** Restricts what `generate` makes. */
interface Only {
  /** Of this operation. */
  readonly key?: string;
  /** `refused`: none that fits the document. `fits`: only those. */
  readonly kind?: 'refused' | 'fits';
}

/**
 * Generates the requests: the n-th of a seed is always of the same kind and for the same operation; the ids in it are
 * those of the responses before it.
 */
export class RequestGenerator {
  readonly #weights: Record<string, number>;
  #keys: string[] = [];

  constructor(
    readonly seed: number,
    readonly shop: Shop,
  ) {
    this.#weights = Object.fromEntries(shop.operations.map(({ key }) => [key, WEIGHTS[key] ?? 1]));
  }

  /** @throws Error when the document has no such operation */
  operation(key: string): Operation {
    const operation = this.shop.operations.find((one) => one.key === key);
    if (!operation) throw new Error(`the document has no ${key}`);
    return operation;
  }

  generate(n: number, only: Only = {}): FuzzRequest {
    const random = randomOf(this.seed, n);
    const operation = this.operation(only.key ?? random.weighted(this.#weights));
    const fitting = this.#fitting(operation, random);
    const alterations = alterationsOf(operation);
    const weights = Object.fromEntries(Object.entries(alterations).map(([kind, { weight }]) => [kind, weight]));
    const fits = only.kind === 'refused' ? {} : { fits: COSTLY.has(operation.key) ? 4 : 60 };
    const kind = only.kind === 'fits' ? 'fits' : random.weighted({ ...fits, ...weights });
    return this.finish(n, kind, alterations[kind]?.alter(fitting, random, this.shop) ?? fitting);
  }

  /** A request that fits the document, of a caller who may send it. */
  #fitting(operation: Operation, random: Random): Draft {
    const { resources, document, callers } = this.shop;
    const caller = this.#caller(operation, random);
    const likely = likelyValues({ random, resources, accounts: callers.accounts, key: operation.key });
    const values = new ValueGenerator(document, random, likely);
    const parameters = this.#pathParameters(operation, caller, values, random);
    const query = parametersIn(operation, 'query')
      .filter(({ required }) => required || random.next() < OPTIONAL)
      .map(({ name, schema }) => [name, String(values.valueFor(schema, name))] as const);
    const extra = random.next() < UNKNOWN_PARAMETER ? [random.pick(ODD_PARAMETERS)] : [];
    const { body, method } = operation;
    const json = body && (body.required || random.next() < OPTIONAL_BODY) ? values.valueFor(body.schema) : undefined;
    const headers = this.#headers(operation, random);
    const accept = random.next() < HTML_ACCEPTED ? { accept: 'text/html' } : {};
    return { operation, caller, method, parameters, query, extra, json, headers: { ...headers, ...accept } };
  }

  #caller({ key, admin, secured }: Operation, random: Random): string {
    if (LEAVING.has(key)) return 'leaver';
    if (admin) return 'admin';
    const { customers } = this.shop.callers;
    return random.pick(secured ? customers : ['anonymous', customers[0] ?? 'anonymous']);
  }

  #pathParameters(operation: Operation, caller: string, values: ValueGenerator, random: Random): Draft['parameters'] {
    const references = referencesOf(operation);
    const chosen: Record<string, string> = {};
    for (const { name, schema } of parametersIn(operation, 'path')) {
      const isId = schema !== true && schema.format === 'uuid';
      const reference = references.find((one) => one.name === name);
      const resource =
        reference && random.next() >= MADE_UP
          ? this.shop.resources.pick(reference.kind, random, ({ owner }) => !reference.owned || owner === caller)
          : undefined;
      if (resource?.sale) chosen.id = resource.sale;
      const value = resource?.value ?? chosen[name] ?? (isId ? randomUUID() : String(values.valueFor(schema, name)));
      chosen[name] = isId && random.next() < IN_CAPITALS ? value.toUpperCase() : value;
    }
    return chosen;
  }

  #headers(operation: Operation, random: Random): Record<string, string> {
    return {
      ...(takesHeader(operation, 'Idempotency-Key') &&
        random.next() > NO_KEY && { 'idempotency-key': this.#idempotencyKey(random) }),
      ...(takesHeader(operation, 'Last-Event-ID') &&
        random.next() < OPTIONAL && { 'last-event-id': String(random.pick([0, 1, 2, 3, 2_147_483_647])) }),
    };
  }

  #idempotencyKey(random: Random): string {
    if (this.#keys.length > 0 && random.next() < OWN_KEY_AGAIN) return random.pick(this.#keys);
    const key = random.next() < QUOTED_KEY ? `"${randomUUID()}\\""` : randomUUID();
    this.#keys = [...this.#keys, key].slice(-KEPT_KEYS);
    return key;
  }

  /** The request as it is sent. */
  finish(n: number, kind: string, draft: Draft): FuzzRequest {
    const { operation, caller, method, parameters, query, extra = [], json, raw, how, expects, outside } = draft;
    const search = [...query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`), ...extra].join('&');
    const body = draft.body ?? (json === undefined ? undefined : Buffer.from(JSON.stringify(json)));
    const authorization = (draft.token ?? this.shop.callers.tokenOf(caller)) || undefined;
    const contentType = body && 'application/json';
    const headers = { host: 'localhost', 'content-type': contentType, authorization, ...draft.headers };
    return {
      ...{ n, kind, operation, caller, method, parameters, raw, how, expects, outside, body },
      target: draft.target ?? `${pathOf(operation, parameters)}${search ? `?${search}` : ''}`,
      headers: Object.fromEntries(Object.entries(headers).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]]))),
    };
  }
}
