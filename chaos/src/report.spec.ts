import { describe, expect, it } from 'vitest';
import { finding as findingOf } from './finding.js';
import { faultTable, findingLines, seedTable, type FaultResult, type Summary } from './report.js';

const row = (name: string, from: number, to: number, more: Partial<FaultResult> = {}): FaultResult => ({
  name,
  at: from,
  inFlight: { orders: 3, claims: 1 },
  refused: 2,
  recoveredMs: 1_500,
  from,
  to,
  ...more,
});
const finding = (from: number, to: number, kind: 'lost' | 'doubled' = 'lost') =>
  findingOf(kind, `order from ${from}`, from, to);

describe('the table of a run', () => {
  it('has a line for every fault', () => {
    expect(faultTable([row('kill -9 the broker', 0, 10, { bootMs: 900 })], [])).toEqual([
      '| at    | fault              | orders in flight | claims waiting | requests refused | recovered after                   | lost | doubled |',
      '|-------|--------------------|------------------|----------------|------------------|-----------------------------------|------|---------|',
      '| 0.0 s | kill -9 the broker | 3                | 1              | 2                | 1.5 s (0.9 s of it its own start) | 0    | 0       |',
    ]);
  });

  it('counts what was lost or doubled at every fault that its customer waited through, and at no other', () => {
    const rows = [row('first', 0, 10), row('second', 20, 30), row('third', 40, 50)];
    const counts = faultTable(rows, [finding(5, 25), finding(22, 24, 'doubled'), finding(-Infinity, 3)])
      .slice(2)
      .map((line) =>
        line
          .split('|')
          .slice(-3, -1)
          .map((cell) => cell.trim()),
      );
    expect(counts).toEqual([
      ['2 ✗', '0'],
      ['1 ✗', '1 ✗'],
      ['0', '0'],
    ]);
  });

  it('says what did not recover', () => {
    expect(faultTable([row('first', 0, 10, { recoveredMs: undefined })], []).at(-1)).toContain('not in time ✗');
  });
});

describe('the table of a long run', () => {
  const long = (more?: Partial<FaultResult>) =>
    row('first', 0, 10, { overMs: 4_000, paidMeanwhile: 7, observed: true, ...more });
  const cells = (...rows: FaultResult[]) =>
    faultTable(rows, [])
      .slice(2)
      .map((line) =>
        line
          .split('|')
          .slice(6, 9)
          .map((cell) => cell.trim()),
      );

  it('says as well what was paid meanwhile, and when all was over', () => {
    expect(faultTable([long()], [])[0]).toContain(
      '| requests refused | paid meanwhile | recovered after | all over after | lost |',
    );
    expect(cells(long(), long({ overMs: Infinity }))).toEqual([
      ['7', '1.5 s', '4.0 s'],
      ['7', '1.5 s', 'never ✗'],
    ]);
  });

  it('says what was skipped, which is not passed, and what was not really there', () => {
    expect(cells(long(), long({ skipped: 'no root', overMs: undefined }), long({ observed: false }))).toEqual([
      ['7', '1.5 s', '4.0 s'],
      ['-', 'skipped: no root', '-'],
      ['7', 'was not there ✗', '4.0 s'],
    ]);
  });
});

describe('the table of many runs', () => {
  const run = (rows: FaultResult[], more?: Partial<Summary>): Summary => ({
    seed: 7,
    rows,
    orders: 100,
    claims: 20,
    lost: 0,
    doubled: 0,
    dead: 0,
    audit: true,
    ...more,
  });
  const cellsOf = (summary: Summary) =>
    (seedTable([summary]).at(-1) ?? '')
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());

  it('shows what each has met, and its slowest recovery', () => {
    const rows = [row('first', 0, 10), row('second', 20, 30, { recoveredMs: 9_000 })];
    expect(cellsOf(run(rows))).toEqual(['7', '2', '100', '20', '4', 'second: 9.0 s', '0', '0', '0', 'clean']);
  });

  it('shows what was wrong', () => {
    expect(
      cellsOf(
        run([row('first', 0, 10, { recoveredMs: undefined })], { lost: 1, doubled: 2, dead: 3, audit: false }),
      ).slice(5),
    ).toEqual(['first: not in time ✗', '1 ✗', '2 ✗', '3 ✗', 'broken ✗']);
  });
});

describe('the findings', () => {
  it('are shown, and of many only how many more', () => {
    expect(findingLines([finding(1, 2)])).toEqual(['✗ lost: order from 1']);
    expect(findingLines(Array.from({ length: 25 }, () => finding(1, 2)))).toHaveLength(21);
    expect(findingLines(Array.from({ length: 25 }, () => finding(1, 2))).at(-1)).toBe('  and 5 more');
  });
});
