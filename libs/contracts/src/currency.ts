import { z } from 'zod';
import { ACCEPTED } from './kit/accepted.js';

/** Currencies in use (ISO 4217), from the ICU data of this Node.js: no test codes, metals or withdrawn currencies. */
const KNOWN: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Currency of the shop, used for a fixed coupon that names no currency. */
export const DEFAULT_CURRENCY = 'USD';

export const isCurrency = (code: string): boolean => KNOWN.has(code);

export const CurrencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: 'a currency is three capital letters, as in ISO 4217', abort: true });
/**
 * Currency in requests from outside. Messages carry `CurrencyCode`, because a refused order has the code XXX (no
 * currency).
 */
export const Currency = CurrencyCode.refine(isCurrency, 'is no currency of ISO 4217').register(ACCEPTED, {
  enum: [...KNOWN],
});

interface Format {
  numbers: Intl.NumberFormat;
  decimals: number;
}

/** Making a format takes 12 µs, and asking it for its options 3 µs. */
const formats = new Map<string, Format>();

function formatOf(currency: string): Format {
  const known = formats.get(currency);
  if (known) return known;
  const numbers = new Intl.NumberFormat('en', { style: 'currency', currency });
  const format = { numbers, decimals: numbers.resolvedOptions().maximumFractionDigits ?? 2 };
  formats.set(currency, format);
  return format;
}

/** Number of decimals of the currency (ISO 4217): 2 for most, 0 for the yen, 3 for some dinars. */
export const decimalsOf = (currency: string): number => formatOf(currency).decimals;

/**
 * Formats an amount for people, such as `$42.05`, `¥5,000` or `KWD 5.000`.
 * @param amount in the smallest unit of its currency
 */
export function formatMoney({ amount, currency }: { amount: number; currency: string }): string {
  const { numbers, decimals } = formatOf(currency);
  // A no-break space would force an SMS into UCS-2 encoding, which needs twice the room.
  return numbers.format(amount / 10 ** decimals).replaceAll('\u00A0', ' ');
}
