/** Three digits at most: `0.4`, `12`, `1.2k`. */
export function short(value: number): string {
  if (value >= 9_950) return `${Math.round(value / 1_000)}k`;
  if (value >= 1_000) return `${(value / 1_000).toFixed(1)}k`;
  if (value >= 10 || Number.isInteger(value)) return String(Math.round(value));
  return value < 0.05 ? '0' : value.toFixed(1);
}

/** `3 d`, `2 h`, `5 min`, `12 s`. */
export function span(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ];
  const [size, name] = units.find(([unit]) => seconds >= unit) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${name}`;
}

export const megabytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MB`;
