// @ts-nocheck
/** Of all mutants, how many the tests must notice (percent). */
export const THRESHOLD = 90;

/**
 * @typedef {{ file: string, killed: number, timeout: number, survived: number, noCoverage: number }} Counts
 * A mutant that does not load or that ends the test process abnormally is noticed too: killed.
 */
const COLUMN = {
  Killed: 'killed',
  RuntimeError: 'killed',
  Timeout: 'timeout',
  Survived: 'survived',
  NoCoverage: 'noCoverage',
};

const none = (file) => ({ file, killed: 0, timeout: 0, survived: 0, noCoverage: 0 });

/** @param {{ files: Record<string, { mutants: { status: string }[] }> }} report @returns {Counts[]} */
export function countMutants(report) {
  return Object.entries(report.files).map(([file, { mutants }]) => {
    const counts = none(file);
    for (const { status } of mutants) if (COLUMN[status]) counts[COLUMN[status]]++;
    return counts;
  });
}

/** @param {Counts[]} counts @returns {Counts} */
export function total(counts) {
  const sum = none('all files');
  for (const one of counts) for (const column of new Set(Object.values(COLUMN))) sum[column] += one[column];
  return sum;
}

/** @param {Counts} counts @returns {number} percent of the mutants that a test noticed; 100 without a mutant */
export function score({ killed, timeout, survived, noCoverage }) {
  const all = killed + timeout + survived + noCoverage;
  return all === 0 ? 100 : ((killed + timeout) / all) * 100;
}

/** @param {Counts[]} counts @returns {string[]} the lines of a table, the last of which is the sum */
export function table(counts) {
  const cells = (row) =>
    [row.file, row.killed, row.timeout, row.survived, row.noCoverage, score(row).toFixed(1)].map(String);
  const rows = [...counts, total(counts)].map(cells);
  const all = [['file', 'killed', 'timeout', 'survived', 'not covered', 'score %'], ...rows];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
  );
}

/**
 * @param {{ files: Record<string, { source: string, mutants: object[] }> }} report
 * @returns {string[]} where each mutant is that no test noticed, and what it was
 */
export function survivors(report) {
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

function textAt(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  if (lines.length === 1) return lines[0].slice(start.column - 1, end.column - 1);
  return [lines[0].slice(start.column - 1), ...lines.slice(1, -1), lines.at(-1).slice(0, end.column - 1)].join('\n');
}

const oneLine = (text) => text.replaceAll(/\s+/g, ' ').slice(0, 100);
