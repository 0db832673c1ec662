import type { Problem } from '@sluice/contracts';

/** This message can never be handled, however often it is tried: dead letter now. */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError';
}

/** What arrived is not a message of its contract. */
export class MalformedError extends PermanentError {
  override readonly name = 'MalformedError';
}

/** What a handler needs is away for now. Tried again like any fault; a caller who asked a question may ask again. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
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
