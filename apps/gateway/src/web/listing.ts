import { PageRequest } from '@sluice/contracts';
import { z } from 'zod';

/** JavaScript takes more for a number than people do: `0x10`, `1e1`, blanks. */
const plainly = (given: unknown): unknown => (typeof given === 'string' && !/^(0|[1-9]\d*)$/.test(given) ? Number.NaN : given);

/** A number in a query: decimal digits and nothing else. */
export const inDigits = <S extends z.ZodType>(schema: S) => z.preprocess(plainly, schema);

/** What a listing is asked for. Parameters that nobody asked for (`utm_source`) are ignored. */
export const Listing = z.object({ ...PageRequest.shape, limit: inDigits(PageRequest.shape.limit) });
export type Listing = z.output<typeof Listing>;
