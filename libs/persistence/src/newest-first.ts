import { Id, Instant } from '@sluice/contracts/kit';
import { ProblemError } from '@sluice/messaging';
import { z } from 'zod';

/** Position of the last row of a page: its time, and its id to order rows of the same millisecond. */
const Position = z.tuple([Instant, Id]);

/** A row with an id and a time (`placedAt: Date`). A stub (see `collection`) has no time and is never listed. */
type Row<T extends string> = { id: string } & Record<T, Date | null>;

/**
 * Parts of a Prisma query that lists rows page by page, newest first. A cursor names the last row of a page, not an
 * offset, so rows that are added between two pages cause neither repetitions nor gaps.
 * @param time the column to sort by
 */
export const newestFirst = <T extends string>(time: T) => ({
  orderBy: [{ [time]: 'desc' } as Record<T, 'desc'>, { id: 'desc' as const }],
  /** Requests one row more than the limit, to detect whether there is a next page. */
  take: (limit: number): number => limit + 1,
  /** Selects the rows after the cursor; all rows without one. @throws ProblemError 422 when the cursor is not valid */
  after: (cursor: string | undefined) => (cursor === undefined ? {} : behind(time, cursor)),
  page: <R extends Row<T>>(found: readonly R[], limit: number): { rows: R[]; next?: string } => {
    const rows = found.slice(0, limit);
    return { rows, ...(found.length > limit && { next: cursorOf(time, rows.at(-1)!) }) };
  },
});

function behind<T extends string>(time: T, cursor: string) {
  const position = Position.safeParse(Buffer.from(cursor, 'base64url').toString().split(' '));
  if (!position.success)
    throw ProblemError.of(422, 'Not a cursor', 'Take the cursor from the `next` of the page before.');
  const [at, id] = position.data;
  const where = <V>(value: V) => ({ [time]: value }) as Record<T, V>;
  // The second condition implies the first; the first lets the index be used.
  return { ...where({ lte: at }), OR: [where({ lt: at }), { ...where(at), id: { lt: id } }] };
}

const cursorOf = <T extends string>(time: T, row: Row<T>): string =>
  Buffer.from(`${row[time]!.toISOString()} ${row.id}`).toString('base64url');
