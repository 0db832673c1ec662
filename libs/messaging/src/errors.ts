import type { Problem } from '@sluice/contracts';

/** This message can never be handled, however often it is tried: dead letter now. */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError';
}

/** What arrived is not a message of its contract. */
export class MalformedError extends PermanentError {
  override readonly name = 'MalformedError';
}

/** Its sender may not send such a message, or not in this way; or nobody is named as its sender. */
export class SenderError extends PermanentError {
  override readonly name = 'SenderError';

  constructor(
    message: string,
    readonly fault: 'sender' | 'way' | 'anonymous',
  ) {
    super(message);
  }
}

export interface Unavailability {
  /** What fails: `database`, `broker`, or a provider's own name (`card gateway`). */
  dependency: string;
  /** How long the dependency asks to be left alone (HTTP `Retry-After`). Milliseconds. */
  retryAfterMs?: number;
  /** The message itself may be what the dependency fails on: a request that breaks a provider. Default: false. */
  mayBePoison?: boolean;
  cause?: unknown;
}

/** What a handler needs fails for now. It costs the message nothing; a caller who asked a question may ask again. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  readonly dependency: string;
  readonly retryAfterMs: number | undefined;
  readonly mayBePoison: boolean;

  constructor(message: string, { dependency, retryAfterMs, mayBePoison = false, cause }: Unavailability) {
    super(message, cause === undefined ? undefined : { cause });
    this.dependency = dependency;
    this.retryAfterMs = retryAfterMs;
    this.mayBePoison = mayBePoison;
  }
}

/** Somebody else holds a row that the message needs, for longer than a unit of work waits. It costs the message nothing. */
export class LockedError extends Error {
  override readonly name = 'LockedError';
}

/** This replica has no handler for the type, or knows another version of it. A newer replica may take the message. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
}

/**
 * A business "no" to a caller, told as problem details (RFC 9457) and then done with.
 * Where nobody ever asked, there is nobody to tell: it is a dead letter.
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(readonly problem: Problem) {
    super(problem.detail ? `${problem.title}: ${problem.detail}` : problem.title);
  }

  static of(status: number, title: string, detail?: string, extra: Record<string, unknown> = {}): ProblemError {
    return new ProblemError({ type: 'about:blank', title, status, ...(detail !== undefined && { detail }), ...extra });
  }
}

/**
 * - `unroutable`: no queue takes it; it is nowhere.
 * - `nacked`: the broker refused it (a full queue, a queue without a leader).
 * - `unknown`: sent, but neither confirmed nor refused; it may be stored. Send it again under the same id.
 * - `not-connected`: never sent.
 * - `buffer-full`: never sent, because too many others wait for the broker already.
 */
export type PublishFailure = 'unroutable' | 'nacked' | 'unknown' | 'not-connected' | 'buffer-full';

export class PublishError extends Error {
  override readonly name = 'PublishError';

  constructor(
    readonly reason: PublishFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The broker has the request, and no answer came in time: a durable one will still be handled. */
export class RequestTimeoutError extends Error {
  override readonly name = 'RequestTimeoutError';
}
