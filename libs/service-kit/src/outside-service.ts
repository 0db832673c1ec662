import {
  dependencies,
  mayBePoisonStatus,
  isUnavailableStatus,
  PermanentError,
  UnavailableError,
} from '@sluice/messaging';

/** Healthy providers respond faster; after this the request is sent again with the same key. Milliseconds. */
const TIMEOUT_MS = 10_000;
/** Upper limit for `Retry-After`, so that a wrong date does not stop a queue for a day. Milliseconds. */
const MAX_RETRY_AFTER_MS = 300_000;

export interface OutsideRequest {
  method: 'GET' | 'POST' | 'DELETE';
  /** Path relative to the provider's URL, without a leading slash. */
  path: string;
  /**
   * The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same key is the same request. Absent
   * for reads.
   */
  key?: string;
  headers?: Readonly<Record<string, string>>;
  /** Body, sent as JSON. */
  body?: object;
}

/** An HTTP client of a service outside of this system: card gateway, carrier, SMS and e-mail provider. */
export class OutsideService {
  /**
   * @param name for operators: `card gateway`
   * @param timeoutMs until the response headers have arrived; milliseconds
   */
  constructor(
    readonly name: string,
    private readonly url: string,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {}

  /**
   * Sends the request and returns every response that is about the request itself, including a refusal.
   * @throws UnavailableError no response, or one that is not about the request (5xx, 429 and the others of
   *   `isUnavailableStatus`): the request may have been executed, so send it again with the same key
   */
  send(request: OutsideRequest): Promise<Response> {
    return this.request(request, async (response) => response);
  }

  /**
   * Sends the request and returns the result of `read` for its response.
   * @param read throws PermanentError when the response refuses the request finally; any other error means that the
   *   response cannot be understood, so the outcome of the request is unknown
   * @throws UnavailableError like `send`, and when the response cannot be understood
   */
  async request<T>(request: OutsideRequest, read: (response: Response) => Promise<T>): Promise<T> {
    const response = await this.#answerTo(this.#requestOf(request));
    if (isUnavailableStatus(response.status)) throw await this.#unavailable(response);
    const answer = await read(response).catch((error: unknown) => this.#unreadable(error, response.status));
    dependencies.succeeded(this.name);
    return answer;
  }

  /** Builds the HTTP request before `fetch`, so that an invalid request is not counted as a fault of the provider. */
  #requestOf({ method, path, key, headers, body }: OutsideRequest): Request {
    return new Request(`${this.url.replace(/\/$/, '')}/${path}`, {
      method,
      headers: {
        ...headers,
        ...(key !== undefined && { 'idempotency-key': key }),
        ...(body && { 'content-type': 'application/json' }),
      },
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

  /** Cancels the body, because an unread body keeps its connection open. */
  async #unavailable({ status, headers, body }: Response): Promise<UnavailableError> {
    await body?.cancel();
    // `Retry-After` as a date uses the provider's clock; so does the `Date` header (RFC 9110, 6.6.1).
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

/** Error codes of Node.js and undici for a connection that ended after the request was sent. */
const BROKEN_OFF = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_HEADERS_.*|UND_ERR_BODY_TIMEOUT|HPE_.*)$/;

/** Returns whether the request had been sent: then it may be the cause of the closed connection or of the timeout. */
function brokeOff(error: unknown): boolean {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
  return name === 'TimeoutError' || BROKEN_OFF.test(String(cause?.code));
}

/**
 * Parses `Retry-After`: seconds or a date (RFC 9110, 10.2.3).
 * @returns milliseconds; undefined when absent or invalid
 */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

/** Returns the reason of a failed `fetch`: a TypeError whose `cause` has the code or message. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: unknown; message?: unknown }; message?: unknown };
  return String(cause?.code ?? cause?.message ?? message ?? error);
}
