import type { components } from '../generated/api.js';
import { digitsOf, type Money } from '../i18n/format.js';

/** Money as the API takes it; which currencies exist it decides. */
interface NewMoney {
  amount: number;
  currency: components['schemas']['Currency'];
}

/** @param text as typed, such as `19.90` or `19,9` @returns undefined when it is no amount of this currency */
export function amountOf(text: string, currency: string): NewMoney | undefined {
  const digits = digitsOf(currency);
  const found = /^(\d+)(?:[.,](\d+))?$/.exec(text.trim());
  const fraction = found?.[2] ?? '';
  if (!found || fraction.length > digits) return undefined;
  return newMoney(Number(found[1]! + fraction.padEnd(digits, '0')), currency);
}

export const newMoney = (amount: number, currency: string): NewMoney => ({
  amount,
  currency: currency as NewMoney['currency'],
});

/** The amount as somebody would type it. */
export const typed = ({ amount, currency }: Money): string =>
  (amount / 10 ** digitsOf(currency)).toFixed(digitsOf(currency));
