import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { faultOf, PermanentError } from '@sluice/messaging';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpCarrier } from './carrier.http.js';
import type { Recall, Shipment } from './carrier.js';

const SHIPMENT: Shipment = {
  parcelId: '2f0c5dd6-55a5-5c1e-8f7c-0e1f6a8b9c01',
  warehouse: 'east',
  address: { name: 'Ada Byron', street: '12 Analytical Row', city: 'London', postcode: 'N1 7AA', country: 'GB' },
  lines: [{ sku: 'TEE', quantity: 1 }],
  correlationId: 'one-order',
};
const RECALL: Recall = { parcelId: SHIPMENT.parcelId, key: 'this-recall', correlationId: 'one-order' };
/** Both calls of a carrier. */
const CALLS: [string, (carrier: HttpCarrier) => Promise<unknown>][] = [
  ['book', (carrier) => carrier.book(SHIPMENT)],
  ['recall', (carrier) => carrier.recall(RECALL)],
];
const TRANSIENT = [500, 503, 429, 408, 409, 401, 403, 304];
/** Statuses that this one request may have caused. */
const SUSPECT = [500, 503, 408, 409, 304];
const each = <T>(values: readonly T[]) =>
  CALLS.flatMap(([name, call]) => values.map((value) => [name, value, call] as const));

describe('the HTTP carrier', () => {
  let server: Server;
  const requests: { request: IncomingMessage; body: unknown }[] = [];

  /** A carrier with this reply to everything; without a status it never replies, and the timeout is 200 ms. */
  async function carrierReplying(status: number | undefined, body: unknown = {}): Promise<HttpCarrier> {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        requests.push({ request, body: chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined });
        if (status !== undefined)
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HttpCarrier(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
      status === undefined ? 200 : 10_000,
    );
  }

  afterEach(() => {
    requests.length = 0;
    server.closeAllConnections();
    server.close();
  });

  it.each([
    ['dispatched', 200, { status: 'dispatched' }, 'dispatched'],
    ['delivered', 200, { status: 'delivered' }, 'delivered'],
    ['not fetched', 200, { status: 'booked' }, undefined],
    ['not known', 404, {}, undefined],
    ['never told', 405, {}, undefined],
  ])('tells of a parcel that is %s', async (_, status, body, progress) => {
    const carrier = await carrierReplying(status, body);
    expect(await carrier.progress(SHIPMENT.parcelId)).toBe(progress);
    expect(requests[0]?.request).toMatchObject({ method: 'GET', url: `/api/shipments/${SHIPMENT.parcelId}` });
  });

  it("books with the parcel as the key, so that a repeat books nothing more, and returns the carrier's reference", async () => {
    const carrier = await carrierReplying(201, { reference: 'C-77' });
    expect(await carrier.book(SHIPMENT)).toBe('C-77');
    const [{ request, body }] = requests as [(typeof requests)[number]];
    expect([
      request.method,
      request.url,
      request.headers['idempotency-key'],
      request.headers['x-correlation-id'],
    ]).toEqual(['POST', '/api/shipments', SHIPMENT.parcelId, 'one-order']);
    const { parcelId, warehouse, address, lines } = SHIPMENT;
    expect(body).toEqual({ parcelId, warehouse, address, lines });
  });

  it('recalls a parcel under the key of that recall, not of its booking', async () => {
    const carrier = await carrierReplying(200);
    await carrier.recall(RECALL);
    const [{ request, body }] = requests as [(typeof requests)[number]];
    expect([
      request.method,
      request.url,
      request.headers['idempotency-key'],
      request.headers['x-correlation-id'],
      body,
    ]).toEqual(['DELETE', `/api/shipments/${SHIPMENT.parcelId}`, 'this-recall', 'one-order', undefined]);
  });

  it.each([404, 410])('has nothing to recall when it replies %i', async (status) => {
    await expect((await carrierReplying(status)).recall(RECALL)).resolves.toBeUndefined();
  });

  it.each(each(TRANSIENT))('fails temporarily to %s after %i', async (_name, status, call) => {
    const failure = await call(await carrierReplying(status)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(PermanentError);
    expect(faultOf(failure)).toEqual({
      whose: 'environment',
      dependency: 'carrier',
      mayBePoison: SUSPECT.includes(status),
    });
  });

  it.each(each([400, 422]))('refuses for good to %s after %i', async (_name, status, call) => {
    await expect(call(await carrierReplying(status))).rejects.toBeInstanceOf(PermanentError);
  });

  it.each([404, 410])('refuses for good to book after %i', async (status) => {
    await expect((await carrierReplying(status)).book(SHIPMENT)).rejects.toBeInstanceOf(PermanentError);
  });

  it.each(CALLS)('fails temporarily to %s without a reply in time', async (_name, call) => {
    const failure = await call(await carrierReplying(undefined)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ cause: { name: 'TimeoutError' } });
    expect(faultOf(failure)).toEqual({ whose: 'environment', dependency: 'carrier', mayBePoison: true });
  });

  it('fails temporarily when its reply contains no reference', async () => {
    const failure = await (await carrierReplying(200, { ok: true })).book(SHIPMENT).catch((error: unknown) => error);
    expect(String(failure)).toContain('reference');
    expect(faultOf(failure)).toEqual({ whose: 'environment', dependency: 'carrier', mayBePoison: true });
  });
});
