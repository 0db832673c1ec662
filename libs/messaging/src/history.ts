/** A failed try of a message. */
export interface FailedTry {
  /** RFC 3339. */
  at: string;
  reason: string;
}

type Headers = Readonly<Record<string, unknown>> | undefined;

/**
 * Most tries kept of a message that was redriven often: the first, where the trouble began, and the last ones. All
 * headers must fit into a frame of 128 kB.
 */
const MAX_TRIES = 20;
/** Enough to distinguish failures; the last reason has its own, longer header. Characters. */
const REASON_LENGTH = 300;

/** The failed tries of this message, oldest first. */
export function historyOf(headers: Headers): FailedTry[] {
  const history = headers?.['history'];
  return Array.isArray(history) ? history.filter(isTry) : [];
}

/** The history with one more try, limited in length. */
export function appendTry(history: readonly FailedTry[], { at, reason }: FailedTry): FailedTry[] {
  const all = [...history, { at, reason: reason.slice(0, REASON_LENGTH) }];
  return all.length > MAX_TRIES ? [...all.slice(0, 1), ...all.slice(1 - MAX_TRIES)] : all;
}

/** Checked because any client can write the header. */
const isTry = (one: unknown): one is FailedTry =>
  typeof (one as FailedTry | null)?.at === 'string' && typeof (one as FailedTry).reason === 'string';
