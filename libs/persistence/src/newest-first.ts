import { Id, Instant } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import { z } from 'zod';

/** The last row of a page: its time, and its id among those of the same millisecond. */
const Position = z.tuple([Instant, Id]);

/** `placedAt: Date` and the id of a row; a placeholder that holds a lock has no time, and is in no listing. */
type Row<T extends string> = { id: string } & Record<T, Date | null>;

/**
 * A listing with the newest first, page by page, as parts of a Prisma query. A cursor names the last row of a page and not a
 * number of rows, so what is added meanwhile neither repeats nor hides anything.
 * @param time the column that says how new a row is
 */
export const newestFirst = <T extends string>(time: T) => ({
  orderBy: [{ [time]: 'desc' } as Record<T, 'desc'>, { id: 'desc' as const }],
  /** One more than asked for tells whether there is a next page. */
  take: (limit: number): number => limit + 1,
  /** What lies behind a cursor; all, without one. @throws ProblemError 422 not a cursor of a listing like this */
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
  // The first condition repeats what the second implies, for the index.
  return { ...where({ lte: at }), OR: [where({ lt: at }), { ...where(at), id: { lt: id } }] };
}

const cursorOf = <T extends string>(time: T, row: Row<T>): string =>
  Buffer.from(`${row[time]!.toISOString()} ${row.id}`).toString('base64url');
