import { describe, expect, it } from 'vitest';
import { countMutants, score, survivors, table, total, type Counts } from './score.js';

const location = (line: number, from: number, to: number) => ({
  start: { line, column: from },
  end: { line, column: to },
});
const mutant = (status: string, replacement = 'x', at = location(1, 1, 2)) => ({ status, replacement, location: at });
const source = 'const a = 1 + 2;\nconst b = a;\n';
const report = {
  files: {
    'one.ts': {
      source,
      mutants: [
        mutant('Killed'),
        mutant('RuntimeError'),
        mutant('Timeout'),
        mutant('Survived', '1 - 2', location(1, 11, 16)),
        mutant('Ignored'),
      ],
    },
    'two.ts': {
      source,
      mutants: [mutant('NoCoverage', '', { start: { line: 1, column: 15 }, end: { line: 2, column: 6 } })],
    },
    'none.ts': { source, mutants: [] },
  },
};
const [one, two, none] = countMutants(report) as [Counts, Counts, Counts];

describe('the score', () => {
  it('counts what a test noticed, what it did not, and nothing that was ignored', () => {
    expect(one).toEqual({ file: 'one.ts', killed: 2, timeout: 1, survived: 1, noCoverage: 0 });
    expect(two).toEqual({ file: 'two.ts', killed: 0, timeout: 0, survived: 0, noCoverage: 1 });
    expect([one, two, none].map(score)).toEqual([75, 0, 100]);
  });

  it('is over all mutants and not the mean of the files', () => {
    expect(score(total([one, two, none]))).toBe(60);
  });

  it('is shown per file, with the sum beneath', () => {
    expect(table([one, two]).map((line) => line.split(/ {2,}/))).toEqual([
      ['file', 'killed', 'timeout', 'survived', 'not covered', 'score %'],
      ['one.ts', '2', '1', '1', '0', '75.0'],
      ['two.ts', '0', '0', '0', '1', '0.0'],
      ['all files', '2', '1', '1', '1', '60.0'],
    ]);
  });
});

it('shows where a mutant is that no test noticed, and what it was, also over two lines', () => {
  expect(survivors(report)).toEqual(['one.ts:1:11  1 + 2 → 1 - 2', 'two.ts:1:15  2; const → ' + '  (not covered)']);
});
