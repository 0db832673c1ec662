import { z } from 'zod';
import { ACCEPTED } from './accepted.js';

/**
 * A UUID in its canonical text form (RFC 9562, section 4): accepted in either case, stored in lower case as
 * PostgreSQL returns it, so ids can be compared as text. New ids are version 7, order ids version 8.
 */
export const Id = z.uuid().toLowerCase();
/**
 * Normalizes the forms of UTC in RFC 3339 (sections 4.3 and 5.6): `T` and `Z` in upper case, and `Z` for a zero
 * offset.
 */
const inOneForm = (instant: string): string =>
  instant.replace(/^(\d{4}-\d\d-\d\d)t/, '$1T').replace(/(?<=\d)(?:z|[+-]00:00)$/, 'Z');
/** Extends a pattern of the normalized form to every accepted form of UTC; years before 1970 do not match. */
const inAnyForm = ({ source }: RegExp): string =>
  source.replace('^', '^(?=19[7-9]|[2-9])').replace('T(?:', '[Tt](?:').replace('(?:Z)', '(?:[Zz]|[+-]00:00)');
/** RFC 3339, UTC, from 1970 on: PostgreSQL has no year 0, and nothing here is older than 1970. */
export const Instant = z
  .string()
  .overwrite(inOneForm)
  .check(z.iso.datetime({ abort: true }))
  // A comparison of text: the instant is in its normalized form here, and parsing it takes three times as long.
  .refine((instant) => instant >= '1970', 'is before 1970')
  .register(ACCEPTED, { pattern: inAnyForm(z.core.regexes.datetime({})) });

/** RFC 9457 problem details: the form of every error, over HTTP and in RPC replies. */
export const Problem = z.looseObject({
  type: z.string().default('about:blank'),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** A page of a listing; `next` is the cursor of the following page and absent on the last one. */
export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().optional() });
export const PageRequest = z.object({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
