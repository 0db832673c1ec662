/** What a response means for the one who asked. */
export type Verdict =
  | { kind: 'done' }
  /** The API is busy, or something behind it is down: the same request again, after this time. */
  | { kind: 'again'; afterMs: number; reason: 'busy' | 'down' }
  | { kind: 'sign-in' }
  | { kind: 'refused' };

/** A limit that lasts longer is told to the person, who has something better to do than to wait. Seconds. */
const LONGEST_WAIT = 30;
const DEFAULT_WAIT = 2;

interface Response {
  status: number;
  /** The header `Retry-After`. */
  retryAfter: string | null;
  /** The answer names a limit of the account: waiting does not help, paying or cancelling does. */
  limit?: boolean;
}

export function verdictOn({ status, retryAfter, limit = false }: Response): Verdict {
  if (status < 400) return { kind: 'done' };
  if (status === 401) return { kind: 'sign-in' };
  const seconds = Number(retryAfter ?? DEFAULT_WAIT) || DEFAULT_WAIT;
  const afterMs = seconds * 1_000;
  if (status === 429 && !limit && seconds <= LONGEST_WAIT) return { kind: 'again', afterMs, reason: 'busy' };
  if (status === 502 || status === 503 || status === 504) return { kind: 'again', afterMs, reason: 'down' };
  return { kind: 'refused' };
}

const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/**
 * Pause before the next attempt to connect: doubled each time, and spread, so that all pages do not return together.
 * @param attempt 1 for the first repeat @param random from 0 to 1
 */
export const backoff = (attempt: number, random = Math.random()): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1)) * (0.75 + random / 2);
