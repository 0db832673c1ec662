export const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** Returns the value below which a `share` of the values lies. */
export const quantile = (values: readonly number[], share: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;

/** Of an even number of values it is between the two in the middle: two rounds count alike. */
export const median = (values: readonly number[]): number => {
  const inOrder = sorted(values);
  const middle = [inOrder[(inOrder.length - 1) >> 1], inOrder[inOrder.length >> 1]];
  return ((middle[0] ?? NaN) + (middle[1] ?? NaN)) / 2;
};

/** Formats median and range: `1,234 (1,100 to 1,300)`. */
export const spread = (values: readonly number[], digits = 0): string =>
  `${shown(median(values), digits)} (${shown(Math.min(...values), digits)} to ${shown(Math.max(...values), digits)})`;

export const shown = (value: number, digits = 0): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
