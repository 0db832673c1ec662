import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProviderFault } from '../plan.js';

/** What makes an answer slow: less than the 10 s after which callers give up. Milliseconds. */
const SLOW_MS = 8_000;
/** From a booking to the parcel's dispatch, and from there to its delivery. Milliseconds. */
const CARRIER_MS = 1_000;
const CALL_AGAIN_MS = 1_000;
/** None of our services sends a longer body. Bytes. */
const LONGEST_BODY = 100_000;

/**
 * away: connections are reset; broken: answers 500; slow: answers after 8 s. Tokens are answered as usual by a provider
 * that is broken or slow: without them no capture would be requested.
 */
export type Mode = 'healthy' | ProviderFault;
export type Step = 'dispatch' | 'delivery';

/** What was done under one idempotency key. */
export interface ProviderRecord {
  key: string;
  /** Of the first request. */
  body: string;
  requests: number;
  /** Bodies that differ from the first. */
  others: string[];
  /** What it was answered with. */
  id: string;
  /** When it was first requested (ms since the epoch). */
  at?: number;
}

const RESOURCES = ['captures', 'refunds', 'shipments', 'messages'] as const;
type Resource = (typeof RESOURCES)[number];
export type ProviderRecords = Record<Resource, ProviderRecord[]>;

type Answer = [status: number, body?: object];

export interface ProviderOptions {
  /** Another body under a key is refused with 422 (2.7 of draft-ietf-httpapi-idempotency-key-header), not counted. */
  refusesReusedKeys?: boolean;
}

/** The card gateway, the carrier and the SMS provider of a run: one HTTP server, on loopback. */
export class Providers {
  #mode: Mode = 'healthy';
  #closed = false;
  readonly #sockets = new Set<Socket>();
  readonly #records: Record<Resource, Map<string, ProviderRecord>> = {
    captures: new Map(),
    refunds: new Map(),
    shipments: new Map(),
    messages: new Map(),
  };
  readonly #recalled = new Set<string>();
  /** What the carrier has done with a parcel, whether or not the shop has heard of it. */
  readonly #carried = new Map<string, 'dispatched' | 'delivered'>();
  /** Requests that met a provider that is not healthy, by mode. */
  readonly affected: Record<ProviderFault, number> = { away: 0, broken: 0, slow: 0 };
  readonly #server;

  /** @param callBack reports a step of the carrier to the shop; resolves to the status of the answer, 0 for none */
  constructor(
    private readonly callBack: (parcelId: string, step: Step) => Promise<number> = async () => 200,
    private readonly options: ProviderOptions = {},
  ) {
    this.#server = createServer(
      (request, response) => void this.#serve(request, response).catch(() => response.destroy()),
    );
    this.#server.on('connection', (socket: Socket) => this.#connected(socket));
  }

  async open(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /** A provider that goes away also resets what it has not answered. */
  setMode(mode: Mode): void {
    this.#mode = mode;
    if (mode === 'away') this.#sockets.forEach((socket) => socket.resetAndDestroy());
  }

  get records(): ProviderRecords {
    const entries = Object.entries(this.#records).map(([resource, records]) => [resource, [...records.values()]]);
    return Object.fromEntries(entries) as ProviderRecords;
  }

  /** What the SMS provider was to send. */
  get texts(): { to: string; text: string }[] {
    return this.records.messages.map(({ body }) => JSON.parse(body) as { to: string; text: string });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#server.close();
    this.#sockets.forEach((socket) => socket.destroy());
  }

  #connected(socket: Socket): void {
    this.#sockets.add(socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket)));
    if (this.#mode !== 'away') return;
    this.affected.away++;
    socket.resetAndDestroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const [resource = '', id = ''] = (request.url ?? '').split('?')[0]!.split('/').filter(Boolean);
    if (resource === 'tokens') return send(response, [201, { token: `tok_${randomUUID()}` }]);
    const mode = this.#mode;
    if (mode === 'broken' || mode === 'slow') this.affected[mode]++;
    if (mode === 'broken') return send(response, [500, { title: 'Internal error' }]);
    // A request is carried out at once; only the answer is late.
    const key = request.headers['idempotency-key'];
    const answer =
      request.method === 'DELETE'
        ? this.#recall(id)
        : request.method === 'GET'
          ? this.#tell(new URL(request.url ?? '', this.url))
          : this.#record(resource, String(key ?? ''), body);
    if (mode === 'slow') await sleep(SLOW_MS, undefined, { ref: false });
    send(response, answer);
  }

  #recall(parcelId: string): Answer {
    if (!this.#records.shipments.has(parcelId)) return [404, { title: 'No such shipment' }];
    this.#recalled.add(parcelId);
    return [204];
  }

  #tell({ pathname, searchParams }: URL): Answer {
    const [resource, id = ''] = pathname.split('/').filter(Boolean).map(decodeURIComponent);
    if (resource === 'shipments' && id === '') return [200, { items: this.#shipments(searchParams) }];
    if (resource === 'shipments')
      return this.#records.shipments.has(id) ? [200, { status: this.#carried.get(id) ?? 'booked' }] : [404];
    if (resource !== 'captures') return [404];
    if (id === '') return [200, { items: this.#charges(searchParams) }];
    const found = this.#records.captures.get(id);
    return found ? [200, { id: found.id }] : [404];
  }

  /** The oldest first. */
  #charges(query: URLSearchParams): object[] {
    return pageOf([...this.#records.captures.values()], ({ id }) => id, query).map(({ id, key, body }) => {
      const { amount, currency } = JSON.parse(body) as { amount: number; currency: string };
      return { id, key, amount, currency, refunded: this.#refunded(id) };
    });
  }

  #shipments(query: URLSearchParams): object[] {
    const page = pageOf([...this.#records.shipments.values()], ({ key }) => key, query);
    return page.map(({ key: parcelId }) => ({ parcelId, status: this.#carried.get(parcelId) ?? 'booked' }));
  }

  #refunded(chargeId: string): boolean {
    const isOf = ({ body }: ProviderRecord): boolean => (JSON.parse(body) as { capture: string }).capture === chargeId;
    return [...this.#records.refunds.values()].some(isOf);
  }

  #record(name: string, key: string, body: string): Answer {
    const resource = RESOURCES.find((one) => one === name);
    if (!resource || !key) return [400, { title: 'No such resource, or no key' }];
    const records = this.#records[resource];
    let record = records.get(key);
    if (!record) {
      record = { key, body, requests: 0, others: [], id: `${resource}_${randomUUID()}`, at: Date.now() };
      records.set(key, record);
      if (resource === 'shipments') void this.#carry(key);
    }
    record.requests++;
    if (record.body !== body && this.options.refusesReusedKeys && resource === 'captures')
      return [422, { reason: 'the key was used for another request' }];
    if (record.body !== body) record.others.push(body);
    return [201, { id: record.id, reference: record.id }]; // the carrier calls it a reference, the others an id
  }

  /** Fetches the parcel and delivers it, unless it is recalled before. */
  async #carry(parcelId: string): Promise<void> {
    for (const step of ['dispatch', 'delivery'] as const) {
      const isOver = (): boolean => this.#closed || (step === 'dispatch' && this.#recalled.has(parcelId));
      await sleep(CARRIER_MS, undefined, { ref: false });
      if (isOver()) return;
      this.#carried.set(parcelId, step === 'dispatch' ? 'dispatched' : 'delivered');
      while (this.#mode === 'away' || !isAccepted(await this.callBack(parcelId, step))) {
        await sleep(CALL_AGAIN_MS, undefined, { ref: false });
        if (isOver()) return;
      }
    }
  }
}

/** Since a time, after one record, so many. */
function pageOf(all: readonly ProviderRecord[], idOf: (record: ProviderRecord) => string, query: URLSearchParams) {
  const since = Date.parse(query.get('since') ?? '');
  const after = all.findIndex((record) => idOf(record) === query.get('after'));
  return all
    .slice(after + 1)
    .filter(({ at = 0 }) => at >= since)
    .slice(0, Number(query.get('limit')));
}

/** 409: halted meanwhile, so there is nothing to fetch. */
export const isAccepted = (status: number): boolean => status === 200 || status === 409;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LONGEST_BODY) throw new Error('too long');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, [status, body]: Answer): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body && JSON.stringify(body));
}

/** When each phase begins and how long it lasts, in ms. @param phases their shares of the time */
export function phasesOf(
  phases: Readonly<Partial<Record<ProviderFault, number>>>,
  holdMs: number,
): { mode: ProviderFault; atMs: number; ms: number }[] {
  const shares = Object.entries(phases) as [ProviderFault, number][];
  const whole = shares.reduce((sum, [, share]) => sum + share, 0);
  let atMs = 0;
  return shares.map(([mode, share]) => {
    const ms = (holdMs * share) / whole;
    atMs += ms;
    return { mode, atMs: atMs - ms, ms };
  });
}
