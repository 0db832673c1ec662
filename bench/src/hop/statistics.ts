export const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** The value below which `share` of them lie. */
export const quantile = (values: readonly number[], share: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** `1,234 (1,100 to 1,300)` */
export const spread = (values: readonly number[], digits = 0): string =>
  `${shown(median(values), digits)} (${shown(Math.min(...values), digits)} to ${shown(Math.max(...values), digits)})`;

export const shown = (value: number, digits = 0): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
