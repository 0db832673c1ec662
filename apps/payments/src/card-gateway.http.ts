import { z } from 'zod';
import type { CardCharge, CardGateway, CardOutcome } from './card-gateway.js';

/** Banks take seconds; who takes longer is asked again with the same key. */
const TIMEOUT_MS = 10_000;

const Captured = z.object({ id: z.string().min(1) });
const Declined = z.object({ reason: z.string().min(1) });

/**
 * A card gateway over HTTP: `POST <url>/captures` with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
 * 2xx has taken the money, 402 is a decline; anything else, and silence, is a fault.
 */
export class HttpCardGateway implements CardGateway {
  constructor(
    private readonly url: string,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  async capture({ token, amount, idempotencyKey }: CardCharge): Promise<CardOutcome> {
    const response = await fetch(`${this.url.replace(/\/$/, '')}/captures`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ token, ...amount }),
      signal: AbortSignal.timeout(this.timeoutMs),
    });
    if (response.status === 402) return { status: 'declined', reason: Declined.parse(await response.json()).reason };
    if (!response.ok) throw new Error(`the card gateway answered ${response.status}`);
    return { status: 'captured', reference: Captured.parse(await response.json()).id };
  }
}
