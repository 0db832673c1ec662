import { jsonFrom } from '@sluice/service-kit';
import { z } from 'zod';
import type { CardCharge, CardGateway, CardOutcome, CardRefund, RefundReceipt } from './card-gateway.js';

/** Banks take seconds; who takes longer is asked again with the same key. */
const TIMEOUT_MS = 10_000;

const Accepted = z.object({ id: z.string().min(1) });
const Declined = z.object({ reason: z.string().min(1) });

/**
 * A card gateway over HTTP: `POST <url>/captures` and `POST <url>/refunds` with an `Idempotency-Key`
 * (draft-ietf-httpapi-idempotency-key-header). 2xx has taken the money, or gives it back; 402 declines a capture; anything
 * else, and silence, is a fault.
 */
export class HttpCardGateway implements CardGateway {
  constructor(
    private readonly url: string,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  async capture({ token, amount, idempotencyKey }: CardCharge): Promise<CardOutcome> {
    const response = await this.#post('captures', idempotencyKey, { token, ...amount });
    if (response.status === 402) return { status: 'declined', reason: Declined.parse(await jsonFrom(response)).reason };
    return { status: 'captured', reference: await acceptedAs(response) };
  }

  async refund({ reference: capture, amount, idempotencyKey }: CardRefund): Promise<RefundReceipt> {
    return { reference: await acceptedAs(await this.#post('refunds', idempotencyKey, { capture, ...amount })) };
  }

  #post(resource: string, idempotencyKey: string, body: object): Promise<Response> {
    return fetch(`${this.url.replace(/\/$/, '')}/${resource}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(this.timeoutMs),
    });
  }
}

/** The gateway's reference. @throws Error when the answer is no yes, or has none */
async function acceptedAs(response: Response): Promise<string> {
  if (!response.ok) {
    // Unread, a long page about the fault would keep its connection.
    await response.body?.cancel();
    throw new Error(`the card gateway answered ${response.status}`);
  }
  return Accepted.parse(await jsonFrom(response)).id;
}
