import { PageRequest } from '@sluice/contracts';
import { z } from 'zod';

/** JavaScript takes more for a number than people do: `0x10`, `1e1`, blanks. */
const plainly = (given: unknown): unknown =>
  typeof given === 'string' && !/^(0|[1-9]\d*)$/.test(given) ? Number.NaN : given;

/** A number in a query: decimal digits and nothing else. */
export const inDigits = <S extends z.ZodType>(schema: S) => z.preprocess(plainly, schema);

/** Of any listing: what `next` said. An empty one is how form libraries send none, and is left to the listing. */
const Cursor = z.string().regex(/^[\w.-]{0,200}$/, 'a cursor is what `next` said');

/** What a listing is asked for. Parameters that nobody asked for (`utm_source`) are ignored. */
export const Listing = z.object({ cursor: Cursor.optional(), limit: inDigits(PageRequest.shape.limit) });
export type Listing = z.output<typeof Listing>;
