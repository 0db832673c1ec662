import type { Problem } from '@sluice/contracts/kit';

/** The message can never be handled, however often it is tried: dead-letter it now. */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError';
}

/** The received message does not fit its contract. */
export class MalformedError extends PermanentError {
  override readonly name = 'MalformedError';
}

/** The sender may not send such a message, or not by this route; or the message names no sender. */
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
  /** Name of the dependency: `database`, `broker`, or a provider's own name (`card gateway`). */
  dependency: string;
  /** Time to wait before the next call, as the dependency requested (HTTP `Retry-After`). Milliseconds. */
  retryAfterMs?: number;
  /** The message itself may cause the failure: a request that breaks a provider. Default: false. */
  mayBePoison?: boolean;
  cause?: unknown;
}

/**
 * A dependency of the handler fails for now. The message is not charged an attempt; a caller of a query may repeat
 * it.
 */
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

/**
 * Another transaction holds a row that the message needs, for longer than a unit of work waits. The message is not
 * charged an attempt.
 */
export class LockedError extends Error {
  override readonly name = 'LockedError';
}

/**
 * No handler for the type on this replica, or one for another version. A newer replica may support the message.
 */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
}

/**
 * A business "no", sent to the caller as problem details (RFC 9457); the message is then done. A message that has no
 * caller becomes a dead letter.
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
 * - `unroutable`: no queue is bound for it; the message is not stored.
 * - `nacked`: the broker refused it (a full queue, a queue without a leader).
 * - `unknown`: sent, but neither confirmed nor refused; it may be stored. Send it again under the same id.
 * - `not-connected`: never sent.
 * - `buffer-full`: never sent, because too many other messages wait for the broker.
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

/** Confirmed by the broker, no reply before the deadline. A durable request will still be handled. */
export class RequestTimeoutError extends Error {
  override readonly name = 'RequestTimeoutError';
}
