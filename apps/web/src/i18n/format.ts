import i18next from 'i18next';

export interface Money {
  amount: number;
  currency: string;
}

const locale = (): string => (i18next.language === 'zh' ? 'zh-CN' : 'en-US');

/** Digits of the smallest unit, as the currency has them: a yen has none. */
export const digitsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

export const money = ({ amount, currency }: Money): string =>
  new Intl.NumberFormat(locale(), { style: 'currency', currency }).format(amount / 10 ** digitsOf(currency));

export const number = (value: number): string => new Intl.NumberFormat(locale()).format(value);

export const time = (instant: string): string =>
  new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(
    Date.parse(instant),
  );

export const day = (instant: string): string =>
  new Intl.DateTimeFormat(locale(), { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }).format(
    Date.parse(instant),
  );

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
