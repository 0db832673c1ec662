import { PermanentError } from '@sluice/messaging';
import { jsonFrom, OutsideService } from '@sluice/service-kit';
import { z } from 'zod';
import type { Booked, Carrier, Listing, Progress, Recall, Shipment } from './carrier.js';

/** Statuses of a recall without a booking (RFC 9110): not found, gone. */
const NOT_BOOKED = new Set([404, 410]);

/** Statuses of a question for a shipment that the carrier does not answer: not found, not allowed, gone. */
const UNANSWERED = new Set([404, 405, 410]);
/** Any other status is that of a parcel that was not fetched. */
const ShipmentState = z.object({ status: z.string() });

const List = z.object({ items: z.array(z.object({ parcelId: z.string(), status: z.string() })) });

const Accepted = z.object({ reference: z.string().min(1) });

/**
 * A carrier over HTTP: `POST <url>/shipments` and `DELETE <url>/shipments/<parcelId>` with an `Idempotency-Key`
 * (draft-ietf-httpapi-idempotency-key-header). A 4xx about the request itself refuses it for good.
 * `GET <url>/shipments/<parcelId>` tells the status: `dispatched`, `delivered`, or another before them;
 * `GET <url>/shipments?since=&after=&limit=` lists them.
 */
export class HttpCarrier implements Carrier {
  readonly #service: OutsideService;

  constructor(url: string, timeoutMs?: number) {
    this.#service = new OutsideService('carrier', url, timeoutMs);
  }

  book({ parcelId, correlationId, ...shipment }: Shipment): Promise<string> {
    const headers = { 'x-correlation-id': correlationId };
    return this.#service.request(
      { method: 'POST', path: 'shipments', key: parcelId, headers, body: { parcelId, ...shipment } },
      async (response) => {
        if (!response.ok) throw await failureOf(response, parcelId);
        return Accepted.parse(await jsonFrom(response)).reference;
      },
    );
  }

  recall({ parcelId, key, correlationId }: Recall): Promise<void> {
    const headers = { 'x-correlation-id': correlationId };
    return this.#service.request(
      { method: 'DELETE', path: `shipments/${parcelId}`, key, headers },
      async (response) => {
        if (!response.ok && !NOT_BOOKED.has(response.status)) throw await failureOf(response, parcelId);
        await response.body?.cancel();
      },
    );
  }

  progress(parcelId: string): Promise<Progress | undefined> {
    return this.#service.request({ method: 'GET', path: `shipments/${parcelId}` }, async (response) => {
      if (response.ok) {
        const { status } = ShipmentState.parse(await jsonFrom(response));
        return isProgress(status) ? status : undefined;
      }
      await response.body?.cancel();
      if (UNANSWERED.has(response.status)) return undefined;
      throw new Error(`the carrier answered ${response.status} about parcel ${parcelId}`);
    });
  }

  shipments({ since, after, limit }: Listing): Promise<Booked[]> {
    const query = new URLSearchParams({ since, ...(after !== undefined && { after }), limit: String(limit) });
    return this.#service.request({ method: 'GET', path: `shipments?${query}` }, async (response) => {
      if (response.ok) return List.parse(await jsonFrom(response)).items;
      await response.body?.cancel();
      throw new PermanentError(`the carrier answered ${response.status} to the request for its shipments`);
    });
  }
}

const isProgress = (status: string): status is Progress => status === 'dispatched' || status === 'delivered';

async function failureOf({ status, body }: Response, parcelId: string): Promise<Error> {
  await body?.cancel();
  const refused = status >= 400;
  return new (refused ? PermanentError : Error)(`the carrier answered ${status} for parcel ${parcelId}`);
}
