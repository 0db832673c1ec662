import { PermanentError } from '@sluice/messaging';
import { jsonFrom, OutsideService } from '@sluice/service-kit';
import { z } from 'zod';
import type { CardCharge, CardGateway, CardOutcome, CardRefund, RefundReceipt } from './card-gateway.js';

const Accepted = z.object({ id: z.string().min(1) });
const Refused = z.object({ reason: z.string().min(1) });

/**
 * Statuses that refuse a request for good (RFC 9110): the request itself, its card or its capture. A 404 or 405
 * without a reason means a wrong URL, where another server replied.
 */
const FOR_GOOD = new Set([400, 402, 422]);

/**
 * A card gateway over HTTP: `POST <url>/captures` and `POST <url>/refunds` with an `Idempotency-Key`
 * (draft-ietf-httpapi-idempotency-key-header). 2xx: the money is captured or refunded. 400, 402, 422, and every other
 * 4xx with a `reason`: refused for good, no money moves. Any other reply, or none: the outcome is open, and the
 * request is repeated with the same key.
 *
 * The body follows from stored data, so that it is the same each time: to another body under the same key a gateway
 * replies 422 (2.7 of that draft), which would be read as a refusal.
 */
export class HttpCardGateway implements CardGateway {
  readonly #service: OutsideService;

  constructor(url: string, timeoutMs?: number) {
    this.#service = new OutsideService('card gateway', url, timeoutMs);
  }

  /** @throws UnavailableError it is unknown whether the money was captured */
  capture({ token, amount, idempotencyKey }: CardCharge): Promise<CardOutcome> {
    return this.#service.request(
      { method: 'POST', path: 'captures', key: idempotencyKey, body: { token, ...amount } },
      async (response) => {
        if (response.ok) return { status: 'captured', reference: await acceptedAs(response) };
        return { status: 'declined', reason: await refusalOf(response) };
      },
    );
  }

  /** @throws UnavailableError it is unknown whether the money is refunded; PermanentError refused for good */
  refund({ reference: capture, amount, idempotencyKey }: CardRefund): Promise<RefundReceipt> {
    return this.#service.request(
      { method: 'POST', path: 'refunds', key: idempotencyKey, body: { capture, ...amount } },
      async (response) => {
        if (response.ok) return { reference: await acceptedAs(response) };
        throw new PermanentError(
          `the card gateway answered ${response.status} to the refund of ${capture}: ${await refusalOf(response)}`,
        );
      },
    );
  }
}

const acceptedAs = async (response: Response): Promise<string> => Accepted.parse(await jsonFrom(response)).id;

/** The reason of a refusal for good. @throws Error the reply is no refusal for good */
async function refusalOf(response: Response): Promise<string> {
  const { status } = response;
  const answer = await jsonFrom(response).catch(() => undefined);
  const given = Refused.safeParse(answer).data?.reason;
  if (given === undefined && !FOR_GOOD.has(status)) throw new Error('it is no answer of a card gateway');
  return given ?? `the card gateway answered ${status}`;
}
