import { median, shown, spread } from './statistics.js';
import type { Aim, Row } from './row.js';
import { bestPeer, ratioOf, verdictOf, type Verdict } from './verdict.js';

const TITLES = ['work', 'aim', 'ours: median (least to most)', 'best peer', 'ratio', 'verdict'];

/** The rows as columns of text: medians, spread, ratio to the best peer, and whether the aim is met. */
export function tableOf(rows: readonly Row[]): string[] {
  const cells = [TITLES, ...rows.map(cellsOf)];
  const widths = TITLES.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

function cellsOf(row: Row): string[] {
  const { work, aim, ours, digits = 0 } = row;
  const peer = bestPeer(row);
  const ratio = ratioOf(row);
  return [
    work,
    aimText(aim, digits),
    ours.length > 0 ? spread(ours, digits) : '-',
    peer ? `${peer.name} ${spread(peer.values, digits)}` : '-',
    ratio === undefined ? '-' : shown(ratio, 2),
    verdictOf(row),
  ];
}

function aimText(aim: Aim | undefined, digits: number): string {
  if (!aim) return '';
  const bound = aim.atLeast ?? aim.atMost ?? NaN;
  const number = aim.of === 'ratio' ? `${shown(bound, 2)} of peer` : shown(bound, digits);
  return `${aim.atLeast === undefined ? '<=' : '>='} ${number}`;
}

/** How many rows have which verdict: `20 met, 3 missed, 1 not compared`. */
export function verdictsOf(rows: readonly Row[]): string {
  const verdicts = rows.map(verdictOf);
  const count = (verdict: Verdict): string => `${verdicts.filter((one) => one === verdict).length} ${verdict}`;
  return [count('met'), count('missed'), count('not compared')].join(', ');
}

/** Each peer of each row that has more than one, since the table has room for the best alone. */
export function otherPeersOf(rows: readonly Row[]): string[] {
  return rows.flatMap(({ work, peers = {}, digits = 0 }) => {
    const measured = Object.entries(peers).filter(([, values]) => values.length > 0);
    const all = measured.map(([name, values]) => `${name} ${shown(median(values), digits)}`);
    return all.length > 1 ? [`${work}: ${all.join(', ')}`] : [];
  });
}
