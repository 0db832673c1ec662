/** Of all mutants, how many the tests must notice (percent). */
export const THRESHOLD = 90;

interface Position {
  line: number;
  column: number;
}

interface Location {
  start: Position;
  end: Position;
}

interface Mutant {
  status: string;
  replacement?: string;
  location: Location;
}

/** The part that is used of Stryker's report (mutation-testing-report-schema). */
export interface MutationReport {
  files: Record<string, { source: string; mutants: Mutant[] }>;
}

/** The mutants of one file. A mutant that does not load, or ends the test process abnormally, is noticed too: killed. */
export interface Counts {
  file: string;
  killed: number;
  timeout: number;
  survived: number;
  noCoverage: number;
}

type Column = Exclude<keyof Counts, 'file'>;

/** By the status of a mutant; one of another status is not counted. */
const COLUMNS = new Map<string, Column>([
  ['Killed', 'killed'],
  ['RuntimeError', 'killed'],
  ['Timeout', 'timeout'],
  ['Survived', 'survived'],
  ['NoCoverage', 'noCoverage'],
]);

const none = (file: string): Counts => ({ file, killed: 0, timeout: 0, survived: 0, noCoverage: 0 });

export function countMutants(report: MutationReport): Counts[] {
  return Object.entries(report.files).map(([file, { mutants }]) => {
    const counts = none(file);
    for (const { status } of mutants) {
      const column = COLUMNS.get(status);
      if (column) counts[column]++;
    }
    return counts;
  });
}

export function total(counts: readonly Counts[]): Counts {
  const sum = none('all files');
  for (const one of counts) for (const column of new Set(COLUMNS.values())) sum[column] += one[column];
  return sum;
}

/** Percent of the mutants that a test noticed; 100 without a mutant. */
export function score({ killed, timeout, survived, noCoverage }: Counts): number {
  const all = killed + timeout + survived + noCoverage;
  return all === 0 ? 100 : ((killed + timeout) / all) * 100;
}

/** The lines of a table, the last of which is the sum. */
export function table(counts: readonly Counts[]): string[] {
  const cells = (row: Counts): string[] =>
    [row.file, row.killed, row.timeout, row.survived, row.noCoverage, score(row).toFixed(1)].map(String);
  const head = ['file', 'killed', 'timeout', 'survived', 'not covered', 'score %'];
  const rows = [head, ...[...counts, total(counts)].map(cells)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0))).join('  '),
  );
}

/** The place of each mutant that no test noticed, with the text before and after. */
export function survivors(report: MutationReport): string[] {
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) =>
    mutants
      .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
      .map(({ location, replacement, status }) => {
        const { line, column } = location.start;
        const note = status === 'NoCoverage' ? '  (not covered)' : '';
        return `${file}:${line}:${column}  ${oneLine(textAt(source, location))} → ${oneLine(replacement ?? '')}${note}`;
      }),
  );
}

/** Lines and columns begin with 1; the end is the first column behind. */
function textAt(source: string, { start, end }: Location): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = (lines.at(-1) ?? '').slice(0, end.column - 1);
  return [...lines.slice(0, -1), last].join('\n').slice(start.column - 1);
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 100);
