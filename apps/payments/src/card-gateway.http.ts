import { PermanentError } from '@sluice/messaging';
import { jsonFrom, OutsideService } from '@sluice/service-kit';
import { z } from 'zod';
import type { CardCharge, CardGateway, CardOutcome, CardRefund, RefundReceipt } from './card-gateway.js';

const Accepted = z.object({ id: z.string().min(1) });
const Refused = z.object({ reason: z.string().min(1) });

/**
 * Statuses by which a gateway refuses a request for good (RFC 9110): the request itself, or its card or capture. A 404 or a 405 without
 * a reason is a wrong URL, and the answer of somebody else.
 */
const FOR_GOOD = new Set([400, 402, 422]);

/**
 * A card gateway over HTTP: `POST <url>/captures` and `POST <url>/refunds` with an `Idempotency-Key`
 * (draft-ietf-httpapi-idempotency-key-header). 2xx has taken the money, or gives it back. 400, 402, 422, and every other 4xx that
 * gives a `reason`, refuses for good: no money moves. Anything else, and silence, leaves it open, and the same key is asked for again.
 *
 * The body of a request follows from what is stored, so that it is the same each time: to another body under the same key a
 * gateway answers 422 (2.7 of that draft), which would be taken for a refusal.
 */
export class HttpCardGateway implements CardGateway {
  readonly #service: OutsideService;

  constructor(url: string, timeoutMs?: number) {
    this.#service = new OutsideService('card gateway', url, timeoutMs);
  }

  /** @throws UnavailableError it is not known whether the money was taken */
  capture({ token, amount, idempotencyKey }: CardCharge): Promise<CardOutcome> {
    return this.#service.ask(
      { method: 'POST', path: 'captures', key: idempotencyKey, body: { token, ...amount } },
      async (response) => {
        if (response.ok) return { status: 'captured', reference: await acceptedAs(response) };
        return { status: 'declined', reason: await refusalOf(response) };
      },
    );
  }

  /** @throws UnavailableError it is not known whether the money goes back; PermanentError it is refused for good */
  refund({ reference: capture, amount, idempotencyKey }: CardRefund): Promise<RefundReceipt> {
    return this.#service.ask(
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

/** Why the gateway refuses for good. @throws Error it does not */
async function refusalOf(response: Response): Promise<string> {
  const { status } = response;
  const answer = await jsonFrom(response).catch(() => undefined);
  const given = Refused.safeParse(answer).data?.reason;
  if (given === undefined && !FOR_GOOD.has(status)) throw new Error('it is no answer of a card gateway');
  return given ?? `the card gateway answered ${status}`;
}
