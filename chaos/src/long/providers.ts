// @ts-nocheck
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What makes an answer slow: less than the 10 s after which callers give up. Milliseconds. */
const SLOW_MS = 8_000;
/** From a booking to the parcel's dispatch, and from there to its delivery. Milliseconds. */
const CARRIER_MS = 1_000;
const CALL_AGAIN_MS = 1_000;
/** Taken from the caller: what is longer is nothing that our services send. Bytes. */
const LONGEST_BODY = 100_000;

/**
 * @typedef {'well' | 'away' | 'broken' | 'slow'} Mode away: connections are reset; broken: answers 500; slow: answers after 8 s.
 * Tokens are given as usual by who is broken or slow: without them no capture would come to meet it.
 *
 * @typedef {object} Request what was done under one idempotency key
 * @property {string} key @property {string} body of the first request @property {number} asked how often @property {string[]} others bodies that differ from the first
 * @property {string} id what it was answered with
 *
 * @typedef {{ captures: Request[], refunds: Request[], shipments: Request[], messages: Request[] }} Books
 */

const RESOURCES = /** @type {const} */ ['captures', 'refunds', 'shipments', 'messages'];

/** The card gateway, the carrier and the SMS provider of a run: one HTTP server, on loopback. */
export class Providers {
  /** @type {Mode} */
  #mode = 'well';
  #sockets = new Set();
  /** @type {Record<string, Map<string, Request>>} */
  #books = Object.fromEntries(RESOURCES.map((resource) => [resource, new Map()]));
  #recalled = new Set();
  /** Requests that were met by a provider that is not well, by mode. */
  met = { away: 0, broken: 0, slow: 0 };
  #closed = false;

  /** @param {{ tell?: (parcelId: string, step: 'dispatch' | 'delivery') => Promise<boolean> }} [carrier] tell: what the carrier calls back; whether it was heard */
  constructor({ note = async () => true } = {}) {
    this.note = note;
    this.server = createServer(
      (request, response) => void this.#serve(request, response).catch(() => response.destroy()),
    );
    this.server.on('connection', (socket) => this.#connected(socket));
  }

  async open() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get url() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  /** @param {Mode} mode from now on; who is away also breaks off what it has not answered */
  become(mode) {
    this.#mode = mode;
    if (mode === 'away') this.#sockets.forEach((socket) => socket.resetAndDestroy());
  }

  /** @returns {Books} */
  get books() {
    return /** @type {Books} */ Object.fromEntries(
      RESOURCES.map((resource) => [resource, [...this.#books[resource].values()]]),
    );
  }

  async close() {
    this.#closed = true;
    this.server.close();
    this.#sockets.forEach((socket) => socket.destroy());
  }

  #connected(socket) {
    this.#sockets.add(socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket)));
    if (this.#mode !== 'away') return;
    this.met.away++;
    socket.resetAndDestroy();
  }

  async #serve(request, response) {
    const body = await bodyOf(request);
    const [resource, id] = request.url.split('/').filter(Boolean);
    if (resource === 'tokens') return answer(response, 201, { token: `tok_${randomUUID()}` });
    const mode = this.#mode;
    if (mode === 'broken' || mode === 'slow') this.met[mode]++;
    if (mode === 'broken') return answer(response, 500, { title: 'Internal error' });
    // What is asked for is done at once; only the answer is late.
    const [status, said] =
      request.method === 'DELETE' ? this.#recall(id) : this.#do(resource, request.headers['idempotency-key'], body);
    if (mode === 'slow') await sleep(SLOW_MS, undefined, { ref: false });
    answer(response, status, said);
  }

  #recall(parcelId) {
    const known = this.#books.shipments.has(parcelId);
    if (known) this.#recalled.add(parcelId);
    return known ? [204] : [404, { title: 'No such shipment' }];
  }

  #do(resource, key, body) {
    const book = this.#books[resource];
    if (!book || !key) return [400, { title: 'No such resource, or no key' }];
    const known = book.get(key);
    if (!known)
      return this.#first(resource, book, { key, body, asked: 1, others: [], id: `${resource}_${randomUUID()}` });
    known.asked++;
    if (known.body !== body) known.others.push(body);
    return [201, named(known)];
  }

  #first(resource, book, request) {
    book.set(request.key, request);
    if (resource === 'shipments') void this.#carry(request.key);
    return [201, named(request)];
  }

  /** Fetches the parcel and delivers it, unless it is recalled before. */
  async #carry(parcelId) {
    for (const step of /** @type {const} */ ['dispatch', 'delivery']) {
      await sleep(CARRIER_MS, undefined, { ref: false });
      if (this.#closed || (step === 'dispatch' && this.#recalled.has(parcelId))) return;
      while (this.#mode === 'away' || !(await this.note(parcelId, step))) {
        await sleep(CALL_AGAIN_MS, undefined, { ref: false });
        if (this.#closed || (step === 'dispatch' && this.#recalled.has(parcelId))) return;
      }
    }
  }
}

/** The card gateway and the SMS provider call it an id, the carrier a reference. */
const named = ({ id }) => ({ id, reference: id });

async function bodyOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LONGEST_BODY) throw new Error('too long');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response, status, body) {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body && JSON.stringify(body));
}

/**
 * What the carrier calls back by, as the shop's API has it.
 * @param {(parcelId: string, step: 'dispatch' | 'delivery') => Promise<{ status: number }>} call
 */
export const calledBack = (call) => async (parcelId, step) => {
  const { status } = await call(parcelId, step);
  return status === 200 || status === 409; // 409: halted meanwhile, so there is nothing to fetch
};

export const phasesOf = (phases, holdMs) => {
  const whole = Object.values(phases).reduce((sum, part) => sum + part, 0);
  return Object.entries(phases).map(([mode, part]) => ({ mode, ms: (holdMs * part) / whole }));
};
