import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { inRoot } from '@sluice/stack/workspace';

/** In the units of the constants: bytes, and milliseconds. */
const UNITS = new Map([
  ['kB', 1024],
  ['MB', 1024 * 1024],
  ['s', 1_000],
  ['', 1],
]);
const ROW = /^\| (?<limit>[^|]+) \| (?<number>[\d,]+)(?: (?<unit>kB|MB|s))? \| \[`(?<name>\w+)`\]\((?<file>[^)]+)\) \|/;

interface Limit {
  limit: string;
  value: number;
  /** The constant or the variable. */
  name: string;
  file: string;
}

/** The rows that name a constant or a variable. */
function limits(): Limit[] {
  const rows = readFileSync(inRoot('docs/limits.md'), 'utf8').split('\n');
  return rows.flatMap((row) => {
    const { limit, number = '', unit = '', name = '', file = '' } = ROW.exec(row)?.groups ?? {};
    const value = Number(number.replaceAll(',', '')) * (UNITS.get(unit) ?? NaN);
    return limit ? [{ limit, value, name, file: path.join('docs', file) }] : [];
  });
}

/** The value in the code: `NAME = 64 * 1024`, `name: 30_000`, `NAME: wholeNumber(1, 100).default(50)`. */
function valueOf({ name, file }: Limit): number | undefined {
  const code = readFileSync(inRoot(file), 'utf8');
  const given = new RegExp(
    `(?:\\b${name} = |^ +${name}: (?:wholeNumber\\([^)]*\\)\\.default\\()?)(?<sum>\\d[\\d_]*(?: \\* [\\d_]+)*)`,
    'm',
  ).exec(code)?.groups?.['sum'];
  return given?.split(' * ').reduce((product, factor) => product * Number(factor.replaceAll('_', '')), 1);
}

describe('docs/limits.md', () => {
  it('names the limits', () => expect(limits().length).toBeGreaterThan(50));

  it.each(limits())('$limit: $name is $value in $file', (limit) => {
    expect(valueOf(limit)).toBe(limit.value);
  });
});
