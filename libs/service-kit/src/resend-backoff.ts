/** An answer that is awaited: since when, and when it was last asked for. */
export interface PendingRequest {
  since: Date;
  askedAt: Date;
}

/**
 * An answer is asked for again when none has come for `afterMs`, and then whenever the wait has doubled: while its owner is away
 * for long, a few requests wait for it and not thousands.
 */
export const isDue = ({ since, askedAt }: PendingRequest, afterMs: number, now: Date): boolean =>
  now.getTime() - askedAt.getTime() >= Math.max(afterMs, askedAt.getTime() - since.getTime());

/** The same in SQL, for columns; $1 is `afterMs`. */
export const dueSql = ({ since, askedAt }: { since: string; askedAt: string }): string =>
  `${askedAt} + greatest($1 * interval '1 millisecond', ${askedAt} - ${since}) <= now()`;
