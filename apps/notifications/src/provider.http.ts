import { jsonFrom } from '@sluice/service-kit';
import { z } from 'zod';
import type { Letter, Provider } from './provider.js';

/** A provider only queues the message; one that needs longer has a bad day and is asked again. */
const TIMEOUT_MS = 10_000;

const Accepted = z.object({ id: z.string().min(1) });

/**
 * A provider over HTTP: `POST <url>/messages` with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
 * 2xx has taken the message; anything else, and silence, is a fault.
 */
export class HttpProvider implements Provider {
  constructor(
    private readonly url: string,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  async send({ id, to, text }: Letter): Promise<string> {
    const response = await fetch(`${this.url.replace(/\/$/, '')}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify({ to, text }),
      signal: AbortSignal.timeout(this.timeoutMs),
    });
    if (!response.ok) {
      // Unread, a long page about the fault would keep its connection.
      await response.body?.cancel();
      throw new Error(`the provider answered ${response.status}`);
    }
    return Accepted.parse(await jsonFrom(response)).id;
  }
}
