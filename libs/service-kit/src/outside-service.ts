import {
  dependencies,
  mayBePoisonStatus,
  isUnavailableStatus,
  PermanentError,
  UnavailableError,
} from '@sluice/messaging';

/** Healthy providers answer in less; who takes longer is asked again with the same key. Milliseconds. */
const TIMEOUT_MS = 10_000;
/** A provider that asks for more is asked again after this, so that a wrong date does not stop a queue for a day. Milliseconds. */
const MAX_RETRY_AFTER_MS = 300_000;

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
  send(request: OutsideRequest): Promise<Response> {
    return this.ask(request, async (response) => response);
  }

  /**
   * Sends the request and gives what `read` makes of the answer.
   * @param read throws PermanentError when the answer refuses the request for good; whatever else it throws means that the answer
   *   cannot be understood, which says nothing about the request
   * @throws UnavailableError as `send`, and when the answer cannot be understood
   */
  async ask<T>(request: OutsideRequest, read: (response: Response) => Promise<T>): Promise<T> {
    const response = await this.#answerTo(this.#requestOf(request));
    if (isUnavailableStatus(response.status)) throw await this.#unavailable(response);
    const answer = await read(response).catch((error: unknown) => this.#unreadable(error, response.status));
    dependencies.succeeded(this.name);
    return answer;
  }

  /** Made before it is sent: what cannot be made into a request is no fault of who should get it. */
  #requestOf({ method, path, key, headers, body }: OutsideRequest): Request {
    return new Request(`${this.url.replace(/\/$/, '')}/${path}`, {
      method,
      headers: { ...headers, 'idempotency-key': key, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(this.timeoutMs),
    });
  }

  #answerTo(request: Request): Promise<Response> {
    return fetch(request).catch((cause: unknown) => {
      const mayBePoison = brokeOff(cause);
      throw new UnavailableError(`the ${this.name} gives no answer: ${reasonOf(cause)}`, {
        dependency: this.name,
        mayBePoison,
        cause,
      });
    });
  }

  /** Unread, a long page about the fault would keep its connection. */
  async #unavailable({ status, headers, body }: Response): Promise<UnavailableError> {
    await body?.cancel();
    // A date is one of the provider's clock, and so is the time of its answer (RFC 9110, 6.6.1).
    const answeredAt = Date.parse(headers.get('date') ?? '');
    const wait = retryAfterMs(headers.get('retry-after'), Number.isNaN(answeredAt) ? Date.now() : answeredAt);
    const about = {
      dependency: this.name,
      mayBePoison: mayBePoisonStatus(status),
      ...(wait !== undefined && { retryAfterMs: wait }),
    };
    return new UnavailableError(`the ${this.name} answered ${status}`, about);
  }

  #unreadable(error: unknown, status: number): never {
    if (error instanceof PermanentError) {
      dependencies.succeeded(this.name);
      throw error;
    }
    const about = { dependency: this.name, mayBePoison: true, cause: error };
    throw new UnavailableError(
      `the ${this.name} answered ${status}, and it cannot be understood: ${reasonOf(error)}`,
      about,
    );
  }
}

/** Codes of Node.js and undici for a connection that ended after the request was sent. */
const BROKEN_OFF = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_HEADERS_.*|UND_ERR_BODY_TIMEOUT|HPE_.*)$/;

/** Whether the request was on its way: then it may be what ended the connection, or what takes so long. */
function brokeOff(error: unknown): boolean {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
  return name === 'TimeoutError' || BROKEN_OFF.test(String(cause?.code));
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3). @returns milliseconds, undefined when it says nothing */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

/** `fetch` fails with a TypeError whose cause says why. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: unknown; message?: unknown }; message?: unknown };
  return String(cause?.code ?? cause?.message ?? message ?? error);
}
