/** A request without a reply: time of the first request, and of the last one. */
export interface PendingRequest {
  since: Date;
  askedAt: Date;
}

/**
 * Returns whether to send a request again: after `afterMs` without a reply, and then each time the wait has doubled. So
 * during a long outage of the receiver a few requests wait in its queue, not thousands.
 */
export const isDue = ({ since, askedAt }: PendingRequest, afterMs: number, now: Date): boolean =>
  now.getTime() - askedAt.getTime() >= Math.max(afterMs, askedAt.getTime() - since.getTime());

/** SQL condition equal to `isDue`, for column names; $1 is `afterMs`. */
export const dueSql = ({ since, askedAt }: { since: string; askedAt: string }): string =>
  `${askedAt} + greatest($1 * interval '1 millisecond', ${askedAt} - ${since}) <= now()`;
