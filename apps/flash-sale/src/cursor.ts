import { ProblemError } from '@sluice/messaging';
import { z } from 'zod';

/** The last sale of a page: when it was made, and its id among those of the same millisecond. */
const Position = z.tuple([z.iso.datetime(), z.uuid()]);

export const cursorOf = ({ createdAt, id }: { createdAt: Date; id: string }): string => Buffer.from(`${createdAt.toISOString()} ${id}`).toString('base64url');

/** What lies behind a cursor, newest first. @throws ProblemError 422 not a cursor */
export function after(cursor: string) {
  const position = Position.safeParse(Buffer.from(cursor, 'base64url').toString().split(' '));
  if (!position.success) throw ProblemError.of(422, 'Not a cursor', 'Take the cursor from the `next` of the page before.');
  const [createdAt, id] = position.data;
  // The first condition repeats what the second implies, for the index.
  return { createdAt: { lte: createdAt }, OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
}
