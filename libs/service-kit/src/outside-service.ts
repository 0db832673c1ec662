import { dependencies, isUnavailableStatus, UnavailableError } from '@sluice/messaging';

/** Healthy providers answer in less; who takes longer is asked again with the same key. Milliseconds. */
const TIMEOUT_MS = 10_000;
/** A provider that asks for more is asked again after this, so that a wrong date does not stop a queue for a day. Milliseconds. */
const LONGEST_RETRY_AFTER_MS = 300_000;

export interface OutsideRequest {
  method: 'POST' | 'DELETE';
  /** Below the provider's URL, without a slash at its beginning. */
  path: string;
  /** The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same key is the same request. */
  key: string;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  body?: object;
}

/** Somebody outside of this system who is reached over HTTP: the card gateway, the carrier, who sends texts and e-mail. */
export class OutsideService {
  /** @param name as operators read it: `card gateway` @param timeoutMs until the whole head of the answer is there */
  constructor(
    readonly name: string,
    private readonly url: string,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  /**
   * Sends the request and gives every answer that says something about it, also a refusal.
   * @throws UnavailableError no answer, or one that says nothing about the request (5xx, 429 and the others of `isUnavailableStatus`):
   *   it may have been carried out, send it again with the same key
   */
  async send({ method, path, key, headers, body }: OutsideRequest): Promise<Response> {
    const response = await fetch(`${this.url.replace(/\/$/, '')}/${path}`, {
      method,
      headers: { ...headers, 'idempotency-key': key, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(this.timeoutMs),
    }).catch((cause: unknown) => {
      throw new UnavailableError(`the ${this.name} gives no answer: ${reasonOf(cause)}`, { dependency: this.name, cause });
    });
    if (isUnavailableStatus(response.status)) throw await this.#unavailable(response);
    dependencies.succeeded(this.name);
    return response;
  }

  /** Unread, a long page about the fault would keep its connection. */
  async #unavailable(response: Response): Promise<UnavailableError> {
    await response.body?.cancel();
    // A date is one of the provider's clock, and so is the time of its answer (RFC 9110, 6.6.1).
    const answeredAt = Date.parse(response.headers.get('date') ?? '');
    const wait = retryAfterMs(response.headers.get('retry-after'), Number.isNaN(answeredAt) ? Date.now() : answeredAt);
    return new UnavailableError(`the ${this.name} answered ${response.status}`, { dependency: this.name, ...(wait !== undefined && { retryAfterMs: wait }) });
  }
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). @returns milliseconds, undefined when it says nothing */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}

/** `fetch` fails with a TypeError whose cause says why. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: unknown; message?: unknown }; message?: unknown };
  return String(cause?.code ?? cause?.message ?? message ?? error);
}
