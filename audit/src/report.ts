// @ts-nocheck
import { INVARIANTS } from './look.js';

/** Ids of one check that are shown; whoever has more to mend has a query for them. */
const SHOWN = 10;

/** @param {import('./audit.js').Audit} audit @param {string[]} sick dependencies: why something may wait @returns {string[]} lines for people */
export function reportLines({ checks, looked, state, settling }, sick = []) {
  const rows = INVARIANTS.map(({ name, holds }) => [
    name,
    holds,
    looked[name],
    verdict(checks.filter(({ invariant }) => invariant === name)),
  ]);
  return [
    ...table([['invariant', 'what always holds', 'looked at', 'broken'], ...rows]),
    ...unquiet(state, settling),
    ...waiting(sick),
    ...checks.filter(({ count }) => count > 0).flatMap(details),
  ];
}

const verdict = (checks) => {
  const broken = checks.reduce((sum, { count }) => sum + count, 0);
  return broken === 0 ? '0' : `${broken.toLocaleString('en')} ✗`;
};

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd();
  return [line(rows[0]), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.slice(1).map(line)];
}

function unquiet({ quiet, waiting }, settling) {
  if (quiet) return [];
  const shown = waiting.slice(0, SHOWN).join(', ');
  return [
    '',
    settling
      ? `✗ it did not become quiet: ${shown}`
      : `The system is at work (${shown}), so what is on its way is not compared: -- --settle 60 waits for quiet.`,
  ];
}

const waiting = (sick) =>
  sick.length > 0 ? ['', ...sick.map((line) => `! ${line}`), 'What needs it waits, and goes on after the cure.'] : [];

function details({ invariant, name, count, ids }) {
  const shown = ids.slice(0, SHOWN);
  const more = ids.length > SHOWN ? count - SHOWN : 0; // a queue is one line, and counts its messages
  return [
    '',
    `✗ ${invariant}: ${name}`,
    ...shown.map((id) => `    ${id}`),
    ...(more > 0 ? [`    and ${more.toLocaleString('en')} more`] : []),
  ];
}
