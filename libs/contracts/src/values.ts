import { z } from 'zod';
import { ACCEPTED } from './accepted.js';
import { Currency, CurrencyCode } from './currency.js';
import { text, visibleText } from './text.js';

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
  .refine((instant) => Date.parse(instant) >= 0, 'is before 1970')
  .register(ACCEPTED, { pattern: inAnyForm(z.core.regexes.datetime({})) });

/** An integer number of the smallest unit of a currency (a cent, a yen), never negative. */
export const Cents = z.int().min(0).max(1_000_000_000_00);
export const Money = z.strictObject({ amount: Cents, currency: CurrencyCode });
export type Money = z.infer<typeof Money>;
/** Money in requests from outside. */
export const NewMoney = z.strictObject({ amount: Cents, currency: Currency });

export const Sku = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a SKU is 1 to 64 letters, digits, dots, dashes or underscores');

export const WAREHOUSES = ['east', 'west'] as const;
export const Warehouse = z.enum(WAREHOUSES);
export type Warehouse = z.infer<typeof Warehouse>;

/** Pieces in one order line. The upper bound keeps sums far from the limits of integers. */
export const Quantity = z.int().min(1).max(10_000);

const NO_COUPON_CODE = 'a coupon code is 1 to 32 letters, digits, dashes or underscores';
/**
 * Typed by people, so upper and lower case are equal. Non-ASCII is refused before the conversion to upper case, which
 * would turn a ligature into two letters.
 */
export const CouponCode = z
  .string()
  .trim()
  .refine((code) => !/[^\x21-\x7e]/.test(code), { error: NO_COUPON_CODE, abort: true })
  .toUpperCase()
  .regex(/^[A-Z0-9][A-Z0-9_-]{0,31}$/, NO_COUPON_CODE)
  .register(ACCEPTED, { pattern: '^\\s*[A-Za-z0-9][A-Za-z0-9_-]{0,31}\\s*$' });

export const Address = z.strictObject({
  name: text(200),
  street: text(200),
  city: text(200),
  postcode: text(20),
  country: z.string().regex(/^[A-Z]{2}$/, 'a country is two capital letters, as in ISO 3166-1'),
});
export type Address = z.infer<typeof Address>;
/**
 * An address in requests from outside. Messages carry `Address`, which also fits addresses accepted under earlier
 * rules.
 */
export const NewAddress = Address.extend({
  name: visibleText(200),
  street: visibleText(200),
  city: visibleText(200),
  postcode: visibleText(20),
});

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
