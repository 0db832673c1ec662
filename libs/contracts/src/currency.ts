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

const formats = new Map<string, Intl.NumberFormat>();

function formatOf(currency: string): Intl.NumberFormat {
  const format = formats.get(currency) ?? new Intl.NumberFormat('en', { style: 'currency', currency });
  formats.set(currency, format);
  return format;
}

/** Number of decimals of the currency (ISO 4217): 2 for most, 0 for the yen, 3 for some dinars. */
export const decimalsOf = (currency: string): number => formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2;

/**
 * Formats an amount for people, such as `$42.05`, `¥5,000` or `KWD 5.000`.
 * @param amount in the smallest unit of its currency
 */
export const formatMoney = ({ amount, currency }: { amount: number; currency: string }): string =>
  // A no-break space would force an SMS into UCS-2 encoding, which needs twice the room.
  formatOf(currency)
    .format(amount / 10 ** decimalsOf(currency))
    .replaceAll('\u00A0', ' ');
