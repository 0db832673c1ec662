import { PermanentError } from '@sluice/messaging';
import { jsonFrom, OutsideService } from '@sluice/service-kit';
import { z } from 'zod';
import type {
  CardCapture,
  CardCharge,
  CardGateway,
  CardOutcome,
  CardRefund,
  Listing,
  RefundReceipt,
} from './card-gateway.js';

const Accepted = z.object({ id: z.string().min(1) });
const Refused = z.object({ reason: z.string().min(1) });
const Listed = z.object({
  id: z.string().min(1),
  key: z.string(),
  amount: z.int(),
  currency: z.string(),
  refunded: z.boolean(),
});
const List = z.object({ items: z.array(Listed) });

/**
 * Statuses that refuse a request for good (RFC 9110): the request itself, its card or its capture. A 404 or 405
 * without a reason means a wrong URL, where another server replied.
 */
const FOR_GOOD = new Set([400, 402, 422]);

/** The status for another body under the same key. */
const KEY_IN_USE = 422;

/**
 * A card gateway over HTTP: `POST <url>/captures` and `POST <url>/refunds` with an `Idempotency-Key`
 * (draft-ietf-httpapi-idempotency-key-header). 2xx: the money is captured or refunded. 400, 402, 422, and every other
 * 4xx with a `reason`: refused for good, no money moves. Any other reply, or none: the outcome is open, and the
 * request is repeated with the same key.
 *
 * The body follows from stored data, so that it is the same each time. To another body under the same key a gateway
 * replies 422 (2.7 of that draft). After a restore that is a charge of before, with another token of the card: it is
 * looked up by `GET <url>/captures/<key>`, and is a refusal if there is none. `GET <url>/captures?since=&after=&limit=`
 * lists the charges.
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
        const reason = await refusalOf(response);
        const earlier = response.status === KEY_IN_USE ? await this.#chargeUnder(idempotencyKey) : undefined;
        return earlier ? { status: 'captured', reference: earlier } : { status: 'declined', reason };
      },
    );
  }

  /** The reference of the charge that was made under this key. @throws UnavailableError it is unknown whether there is one */
  #chargeUnder(key: string): Promise<string | undefined> {
    return this.#service.request({ method: 'GET', path: `captures/${encodeURIComponent(key)}` }, async (response) => {
      if (response.ok) return acceptedAs(response);
      await response.body?.cancel();
      if (response.status >= 400) return undefined; // no such charge, or no such look-up
      throw new Error('it is no answer of a card gateway');
    });
  }

  /** @throws UnavailableError no reply; PermanentError the gateway has no such list */
  charges({ since, after, limit }: Listing): Promise<CardCapture[]> {
    const query = new URLSearchParams({ since, ...(after !== undefined && { after }), limit: String(limit) });
    return this.#service.request({ method: 'GET', path: `captures?${query}` }, async (response) => {
      if (!response.ok) {
        await response.body?.cancel();
        throw new PermanentError(`the card gateway answered ${response.status} to the request for its charges`);
      }
      const { items } = List.parse(await jsonFrom(response));
      return items.map(({ id, key, refunded, ...amount }) => ({ reference: id, key, amount, refunded }));
    });
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
