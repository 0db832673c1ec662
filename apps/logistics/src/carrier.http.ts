import { PermanentError } from '@sluice/messaging';
import { jsonFrom } from '@sluice/service-kit';
import { z } from 'zod';
import type { Carrier, Recall, Shipment } from './carrier.js';

/** Longer than a healthy carrier takes; who takes longer is asked again with the same key. */
const TIMEOUT_MS = 10_000;

/** Refusals that end by themselves (RFC 9110 and 6585): timeout, conflict with the same booking still going on, too early, too many. */
const PASSING = new Set([408, 409, 425, 429]);

/** What there is nothing of needs no recall (RFC 9110): not found, gone. */
const NOTHING_THERE = new Set([404, 410]);

const Booked = z.object({ reference: z.string().min(1) });

interface Call {
  method: 'POST' | 'DELETE';
  path: string;
  key: string;
  correlationId: string;
  body?: object;
}

/**
 * A carrier over HTTP: `POST <url>/shipments` and `DELETE <url>/shipments/<parcelId>` with an `Idempotency-Key`
 * (draft-ietf-httpapi-idempotency-key-header).
 */
export class HttpCarrier implements Carrier {
  constructor(
    private readonly url: string,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  async book({ parcelId, correlationId, ...shipment }: Shipment): Promise<string> {
    const response = await this.#call({ method: 'POST', path: 'shipments', key: parcelId, correlationId, body: { parcelId, ...shipment } });
    if (!response.ok) throw await faultOf(response, parcelId);
    return Booked.parse(await jsonFrom(response)).reference;
  }

  async recall({ parcelId, key, correlationId }: Recall): Promise<void> {
    const response = await this.#call({ method: 'DELETE', path: `shipments/${parcelId}`, key, correlationId });
    if (!response.ok && !NOTHING_THERE.has(response.status)) throw await faultOf(response, parcelId);
    await response.body?.cancel();
  }

  #call({ method, path, key, correlationId, body }: Call): Promise<Response> {
    return fetch(`${this.url.replace(/\/$/, '')}/${path}`, {
      method,
      headers: { 'idempotency-key': key, 'x-correlation-id': correlationId, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(this.timeoutMs),
    });
  }
}

async function faultOf({ status, body }: Response, parcelId: string): Promise<Error> {
  await body?.cancel();
  const refused = status >= 400 && status < 500 && !PASSING.has(status);
  return new (refused ? PermanentError : Error)(`the carrier answered ${status} for parcel ${parcelId}`);
}
