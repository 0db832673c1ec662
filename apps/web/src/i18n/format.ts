import i18next from 'i18next';

export interface Money {
  amount: number;
  currency: string;
}

const locale = (): string => (i18next.language === 'zh' ? 'zh-CN' : 'en-US');

/**
 * Formats by what they are made of. Making one takes as long as hundreds of uses, and the control room writes the times
 * of hundreds of facts a second.
 */
function kept<A extends string[], F>(make: (...of: A) => F): (...of: A) => F {
  const formats = new Map<string, F>();
  return (...of) => {
    const format = formats.get(of.join()) ?? make(...of);
    formats.set(of.join(), format);
    return format;
  };
}

const amounts = kept((language, currency) => new Intl.NumberFormat(language, { style: 'currency', currency }));
const numbers = kept((language) => new Intl.NumberFormat(language));
const times = kept(
  (language) => new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
);
const days = kept(
  (language) =>
    new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }),
);

/** Digits of the smallest unit, as the currency has them: a yen has none. */
export const digitsOf = (currency: string): number =>
  amounts('en', currency).resolvedOptions().maximumFractionDigits ?? 2;

export const money = ({ amount, currency }: Money): string =>
  amounts(locale(), currency).format(amount / 10 ** digitsOf(currency));

export const number = (value: number): string => numbers(locale()).format(value);

export const time = (instant: string): string => times(locale()).format(Date.parse(instant));

export const day = (instant: string): string => days(locale()).format(Date.parse(instant));

/** `12:05`, or `1:02:05`. */
export function clock(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const padded = [minutes, rest].map((part) => String(part).padStart(2, '0')).join(':');
  return hours > 0 ? `${hours}:${padded}` : padded;
}

/** `90 seconds`, `30 minutes`. */
export function duration(seconds: number): string {
  const [value, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second'];
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}
