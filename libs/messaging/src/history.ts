/** One try that failed. */
export interface FailedTry {
  /** RFC 3339. */
  at: string;
  reason: string;
}

type Headers = Readonly<Record<string, unknown>> | undefined;

/** Of a message that was sent home again and again: the first try, where the trouble began, and the last ones. A header frame holds 128 kB in all. */
const MAX_TRIES = 20;
/** Enough to tell one failure from another; the last one has a header of its own, with more. Characters. */
const REASON_LENGTH = 300;

/** The tries of this message that failed so far, oldest first. */
export function historyOf(headers: Headers): FailedTry[] {
  const history = headers?.['history'];
  return Array.isArray(history) ? history.filter(isTry) : [];
}

/** The history with one more try in it. */
export function appendTry(history: readonly FailedTry[], { at, reason }: FailedTry): FailedTry[] {
  const all = [...history, { at, reason: reason.slice(0, REASON_LENGTH) }];
  return all.length > MAX_TRIES ? [...all.slice(0, 1), ...all.slice(1 - MAX_TRIES)] : all;
}

/** Anybody may have written the header. */
const isTry = (one: unknown): one is FailedTry =>
  typeof (one as FailedTry | null)?.at === 'string' && typeof (one as FailedTry).reason === 'string';
