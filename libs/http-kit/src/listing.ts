import { PageRequest } from '@sluice/contracts/kit';
import { z } from 'zod';

/** Rejects strings that JavaScript, but no person, reads as a number: `0x10`, `1e1`, blanks. */
const plainly = (given: unknown): unknown =>
  typeof given === 'string' && !/^(0|[1-9]\d*)$/.test(given) ? Number.NaN : given;

/** A number in a query: decimal digits only. */
export const inDigits = <S extends z.ZodType>(schema: S) => z.preprocess(plainly, schema);

/** Cursor of any listing, from its `next`. Form libraries send an empty one for none: the listing handles it. */
const Cursor = z.string().regex(/^[\w.-]{0,200}$/, 'a cursor is what `next` said');

/** Query of a listing. Unexpected parameters (`utm_source`) are ignored. */
export const Listing = z.object({ cursor: Cursor.optional(), limit: inDigits(PageRequest.shape.limit) });
export type Listing = z.output<typeof Listing>;
