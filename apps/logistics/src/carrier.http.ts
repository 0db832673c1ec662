import { PermanentError } from '@sluice/messaging';
import { z } from 'zod';
import type { Carrier, Shipment } from './carrier.js';

/** Longer than a healthy carrier takes; who takes longer is asked again with the same key. */
const TIMEOUT_MS = 10_000;

/** Refusals that end by themselves (RFC 9110 and 6585): timeout, conflict with the same booking still going on, too early, too many. */
const PASSING = new Set([408, 409, 425, 429]);

const Booked = z.object({ reference: z.string().min(1) });

/** A carrier over HTTP: `POST <url>/shipments` with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header). */
export class HttpCarrier implements Carrier {
  constructor(
    private readonly url: string,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  async book({ parcelId, correlationId, ...shipment }: Shipment): Promise<string> {
    const response = await fetch(`${this.url.replace(/\/$/, '')}/shipments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': parcelId, 'x-correlation-id': correlationId },
      body: JSON.stringify({ parcelId, ...shipment }),
      signal: AbortSignal.timeout(this.timeoutMs),
    });
    if (response.ok) return Booked.parse(await response.json()).reference;
    await response.body?.cancel();
    const refused = response.status >= 400 && response.status < 500 && !PASSING.has(response.status);
    throw new (refused ? PermanentError : Error)(`the carrier answered ${response.status} for parcel ${parcelId}`);
  }
}
