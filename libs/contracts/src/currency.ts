import { z } from 'zod';
import { ACCEPTED } from './accepted.js';

/** ISO 4217, as the ICU data of this Node knows it: what people pay in, without test codes, metals and currencies that are no more. */
const KNOWN: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** The shop's own: what a fixed coupon takes off that names no currency. */
export const DEFAULT_CURRENCY = 'USD';

export const isCurrency = (code: string): boolean => KNOWN.has(code);

export const CurrencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: 'a currency is three capital letters, as in ISO 4217', abort: true });
/** As it is taken from outside. Messages carry `CurrencyCode`: a refused order has the code of no currency (XXX). */
export const Currency = CurrencyCode.refine(isCurrency, 'is no currency of ISO 4217').register(ACCEPTED, {
  enum: [...KNOWN],
});

const formats = new Map<string, Intl.NumberFormat>();

function formatOf(currency: string): Intl.NumberFormat {
  const format = formats.get(currency) ?? new Intl.NumberFormat('en', { style: 'currency', currency });
  formats.set(currency, format);
  return format;
}

/** How many decimals the currency has (ISO 4217): 2 of most, 0 of the yen, 3 of some dinars. */
export const decimalsOf = (currency: string): number => formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2;

/** An amount for people, such as `$42.05`, `¥5,000` or `KWD 5.000`. @param amount in the smallest unit of its currency */
export const formatMoney = ({ amount, currency }: { amount: number; currency: string }): string =>
  // An SMS with a no-break space takes twice the room.
  formatOf(currency)
    .format(amount / 10 ** decimalsOf(currency))
    .replaceAll('\u00A0', ' ');
