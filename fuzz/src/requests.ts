// @ts-nocheck
import { randomUUID } from 'node:crypto';
import { Random } from '@sluice/chaos/random';
import { alterations } from './alterations.js';
import { hintsFor } from './hints.js';
import { Values } from './values.js';
import { referencesOf } from './world.js';

/**
 * How often an operation is called, in comparison with others: 1. Hashing a password takes a core 0.3 s; operations ask
 * every service.
 */
const WEIGHTS = {
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
/** Whose correct requests are costly are mostly asked something else. */
const COSTLY = new Set(['POST /users', 'POST /sessions']);
/** Whoever asks for it correctly has no good token afterwards, or another password. */
const LEAVING = new Set(['DELETE /sessions/current', 'POST /me/password']);
const OWN_KEY_AGAIN = 0.1;
const NO_KEY = 0.1;
const QUOTED_KEY = 0.15;
const MADE_UP = 0.12;
const IN_CAPITALS = 0.1;
const OPTIONAL = 0.35;
const UNKNOWN_PARAMETER = 0.1;

export const ODD_PARAMETERS = [
  'utm_source=newsletter',
  '_=1732800000',
  'fbclid=%00',
  'x[]=1',
  'constructor=1',
  '__proto__[a]=1',
];

/**
 * Mixes the seed and the number, so that each request is made by itself:
 * https://en.wikipedia.org/wiki/Fibonacci_hashing.
 */
export const randomOf = (seed, n) => new Random((Math.imul(seed, 0x9e3779b1) ^ Math.imul(n, 0x85ebca6b)) >>> 0);

/**
 * Makes the requests: the n-th of a seed is always of the same kind and for the same operation; the ids in it are those
 * that the answers before it told of.
 */
export class Requests {
  /**
   * @param {{ seed: number, operations: import('./operations.js').Operation[], document: object, world:
   * import('./world.js').World, actors: import('./actors.js').Actors }} options
   */
  constructor({ seed, operations, document, world, actors }) {
    Object.assign(this, { seed, operations, document, world, actors });
    this.weights = Object.fromEntries(operations.map(({ key }) => [key, WEIGHTS[key] ?? 1]));
    this.byKey = Object.fromEntries(operations.map((operation) => [operation.key, operation]));
    this.keys = [];
  }

  /**
   * @param {number} n
   * @param {{ key?: string, refused?: boolean, fits?: boolean }} [only] key: of this operation; refused: none that
   * fits; fits: as the document says
   * @returns {import('./judge.js').Request}
   */
  make(n, { key, refused = false, fits = false } = {}) {
    const random = randomOf(this.seed, n);
    const operation = this.byKey[key ?? random.weighted(this.weights)];
    const fitting = this.fitting(operation, random);
    const kinds = alterations(operation);
    const weights = Object.fromEntries(Object.entries(kinds).map(([kind, { weight }]) => [kind, weight]));
    const kind = fits
      ? 'fits'
      : random.weighted({ ...(!refused && { fits: COSTLY.has(operation.key) ? 4 : 60 }), ...weights });
    const request = kind === 'fits' ? fitting : kinds[kind].alter(fitting, random, this);
    return this.finished({ n, kind, ...request });
  }

  /** A request that fits the document, from who may send it. */
  fitting(operation, random) {
    const actor = this.#actor(operation, random);
    const { world, document, actors } = this;
    const values = new Values(document, random, hintsFor({ random, world, accounts: actors.accounts, operation }));
    const parameters = this.#path(operation, actor, values, random);
    const query = operation.parameters
      .filter(({ in: place, required }) => place === 'query' && (required || random.next() < OPTIONAL))
      .map(({ name, schema }) => [name, String(values.of(schema, name))]);
    const extra = random.next() < UNKNOWN_PARAMETER ? [random.pick(ODD_PARAMETERS)] : [];
    const json =
      operation.body && (operation.body.required || random.next() < 0.5) ? values.of(operation.body.schema) : undefined;
    const headers = { ...this.#headers(operation, random), ...(random.next() < 0.05 && { accept: 'text/html' }) };
    return { operation, actor, method: operation.method, parameters, query, extra, json, headers };
  }

  #actor({ key, admin, secured }, random) {
    if (LEAVING.has(key)) return 'leaver';
    if (admin) return 'admin';
    return random.pick(secured ? this.actors.customers : ['anonymous', this.actors.customers[0]]);
  }

  #path(operation, actor, values, random) {
    const references = referencesOf(operation);
    const chosen = {};
    for (const { in: place, name, schema } of operation.parameters) {
      if (place !== 'path') continue;
      const thing = this.#thing(
        references.find((one) => one.name === name),
        actor,
        random,
      );
      if (thing?.of) chosen.id = thing.of; // the sale of a ticket
      const madeUp = () => (schema.format === 'uuid' ? randomUUID() : values.of(schema, name));
      chosen[name] = thing?.value ?? chosen[name] ?? madeUp();
      if (schema.format === 'uuid' && random.next() < IN_CAPITALS) chosen[name] = chosen[name].toUpperCase();
    }
    return chosen;
  }

  /** What exists; of what is one person's, something of this actor's. */
  #thing(reference, actor, random) {
    if (!reference || random.next() < MADE_UP) return undefined;
    return this.world.pick(reference.kind, random, ({ owner }) => !reference.owned || owner === actor);
  }

  #headers({ parameters }, random) {
    const has = (header) => parameters.some(({ in: place, name }) => place === 'header' && name === header);
    return {
      ...(has('Idempotency-Key') && random.next() > NO_KEY && { 'idempotency-key': this.#key(random) }),
      ...(has('Last-Event-ID') &&
        random.next() < OPTIONAL && { 'last-event-id': String(random.pick([0, 1, 2, 3, 2_147_483_647])) }),
    };
  }

  #key(random) {
    if (this.keys.length > 0 && random.next() < OWN_KEY_AGAIN) return random.pick(this.keys);
    const key = random.next() < QUOTED_KEY ? `"${randomUUID()}\\""` : randomUUID();
    this.keys = [...this.keys, key].slice(-FEW);
    return key;
  }

  /** As it is sent. */
  finished({ operation, actor, parameters, query, extra = [], json, headers, target, body, token, ...rest }) {
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parameters[name]));
    const search = [...query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`), ...extra].join('&');
    const bytes = body ?? (json === undefined ? undefined : Buffer.from(JSON.stringify(json)));
    const bearer = token ?? this.actors.tokenOf(actor);
    const all = {
      host: 'localhost',
      ...(bytes !== undefined && { 'content-type': 'application/json' }),
      ...(bearer && { authorization: bearer }),
      ...headers,
    };
    return {
      operation,
      actor,
      parameters,
      target: target ?? `${path}${search ? `?${search}` : ''}`,
      headers: withoutAbsent(all),
      ...(bytes !== undefined && { body: bytes }),
      ...rest,
    };
  }
}

const FEW = 10;
/** A header may be taken out by setting it to undefined. */
const withoutAbsent = (headers) =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
