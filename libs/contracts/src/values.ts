import { z } from 'zod';
import { Currency, CurrencyCode } from './currency.js';
import { ACCEPTED } from './kit/accepted.js';
import { text, visibleText } from './kit/text.js';

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
