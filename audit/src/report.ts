import type { Audit } from './audit.js';
import { INVARIANTS, type Check } from './checks.js';
import type { Activity } from './quiet.js';

/** Ids of one check that are shown; the query of the check selects the rest. */
const SHOWN = 10;

/** @param sick dependencies: why something may wait @returns the report, line by line */
export function reportLines({ checks, looked, state, settling }: Audit, sick: readonly string[] = []): string[] {
  const rows = INVARIANTS.map(({ name, holds }) => [
    name,
    holds,
    looked[name] ?? '',
    verdict(checks.filter(({ invariant }) => invariant === name)),
  ]);
  return [
    ...table(['invariant', 'what always holds', 'looked at', 'broken'], rows),
    ...unquiet(state, settling),
    ...waiting(sick),
    ...checks.filter(({ count }) => count > 0).flatMap(details),
  ];
}

function verdict(checks: readonly Check[]): string {
  const broken = checks.reduce((sum, { count }) => sum + count, 0);
  return broken === 0 ? '0' : `${broken.toLocaleString('en')} ✗`;
}

function table(head: readonly string[], rows: readonly string[][]): string[] {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)];
}

function unquiet({ quiet, waiting }: Activity, settling: boolean): string[] {
  if (quiet) return [];
  const shown = waiting.slice(0, SHOWN).join(', ');
  return [
    '',
    settling
      ? `✗ it did not become quiet: ${shown}`
      : `The system is at work (${shown}), so what is on its way is not compared: -- --settle 60 waits for quiet.`,
  ];
}

const waiting = (sick: readonly string[]): string[] =>
  sick.length > 0 ? ['', ...sick.map((line) => `! ${line}`), 'What needs it waits, and goes on after the cure.'] : [];

function details({ invariant, name, count, ids }: Check): string[] {
  const shown = ids.slice(0, SHOWN);
  const more = ids.length > SHOWN ? count - SHOWN : 0; // a queue is one line, and counts its messages
  return [
    '',
    `✗ ${invariant}: ${name}`,
    ...shown.map((id) => `    ${id}`),
    ...(more > 0 ? [`    and ${more.toLocaleString('en')} more`] : []),
  ];
}
