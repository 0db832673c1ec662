import { seconds } from '@sluice/stack/progress';
import { countOf, KINDS, type Finding } from './finding.js';
import type { Ledger } from './ledger.js';
import type { OrderStreams } from './upgrade/order-streams.js';

/** Findings that are shown; the rest is a number. */
const SHOWN = 20;

/** What became of one fault. Times in ms. */
export interface FaultResult {
  name: string;
  /** Since the load began. */
  at: number;
  /** When it began, and when the system had recovered (since the epoch). */
  from: number;
  to: number;
  inFlight: { orders: number; claims: number };
  /** Requests, until it had recovered. */
  refused: number;
  /** Absent: it did not, in time. */
  recoveredMs?: number;
  /** Of it, until a server that was killed was back. */
  bootMs?: number;
  /** Why it did not recover. */
  trouble?: string;
  /** Why it could not be done. */
  skipped?: string;
  /** False: it was not really there. */
  observed?: boolean;
  /** Whether orders had to be paid meanwhile; how many were, and how many in its second half. */
  flows?: boolean;
  paidMeanwhile?: number;
  paidLate?: number;
  /** When it ended (since the epoch). */
  over?: number;
  /** Of the long form: from its end until all orders had ended that were accepted before. */
  overMs?: number;
}

export interface Summary {
  seed: number;
  rows: FaultResult[];
  orders: number;
  claims: number;
  lost: number;
  doubled: number;
  dead: number;
  audit: boolean;
}

/** @returns a table, which is Markdown as well */
export function faultTable(rows: readonly FaultResult[], findings: readonly Finding[]): string[] {
  const isLong = rows.some(({ overMs }) => overMs !== undefined);
  const longOnly = (text: string): string[] => (isLong ? [text] : []);
  return table([
    [
      ...['at', 'fault', 'orders in flight', 'claims waiting', 'requests refused'],
      ...longOnly('paid meanwhile'),
      'recovered after',
      ...longOnly('all over after'),
      ...KINDS,
    ],
    ...rows.map((row) => [
      seconds(row.at),
      row.name,
      ...[row.inFlight.orders, row.inFlight.claims, row.refused].map(String),
      ...longOnly(row.skipped ? '-' : String(row.paidMeanwhile)),
      ending(row),
      ...longOnly(row.overMs === undefined ? '-' : row.overMs === Infinity ? 'never ✗' : seconds(row.overMs)),
      ...KINDS.map((kind) => verdict(countOf(during(findings, row), kind))),
    ]),
  ]);
}

function ending(row: FaultResult): string {
  if (row.skipped) return `skipped: ${row.skipped}`;
  return row.observed === false ? 'was not there ✗' : recoveryOf(row);
}

export function recoveryOf({ recoveredMs, bootMs }: Pick<FaultResult, 'recoveredMs' | 'bootMs'>): string {
  if (recoveredMs === undefined) return 'not in time ✗';
  return bootMs ? `${seconds(recoveredMs)} (${seconds(bootMs)} of it its own start)` : seconds(recoveredMs);
}

/** What a client waited for while the fault lasted. */
const during = (findings: readonly Finding[], { from, to }: FaultResult): Finding[] =>
  findings.filter((finding) => finding.from < to && finding.to > from);

const verdict = (count: number): string => (count === 0 ? '0' : `${count} ✗`);

export function seedTable(runs: readonly Summary[]): string[] {
  return table([
    [
      ...['seed', 'faults', 'orders', 'claims', 'requests refused', 'slowest recovery'],
      ...['lost', 'doubled', 'dead letters', 'audit'],
    ],
    ...runs.map(({ seed, rows, orders, claims, lost, doubled, dead, audit }) => [
      ...[seed, rows.length, orders, claims, rows.reduce((sum, { refused }) => sum + refused, 0)].map(String),
      slowestOf(rows),
      ...[lost, doubled, dead].map(verdict),
      audit ? 'clean' : 'broken ✗',
    ]),
  ]);
}

function slowestOf(rows: readonly FaultResult[]): string {
  const done = rows.filter(({ skipped }) => !skipped);
  const [slowest] = done.toSorted((one, other) => (other.recoveredMs ?? Infinity) - (one.recoveredMs ?? Infinity));
  return slowest ? `${slowest.name}: ${recoveryOf(slowest)}` : '-';
}

function table(rows: readonly (readonly string[])[]): string[] {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)];
}

export function findingLines(findings: readonly Finding[]): string[] {
  const more = findings.length - SHOWN;
  return [
    ...findings.slice(0, SHOWN).map(({ kind, what }) => `✗ ${kind}: ${what}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

/** @param late payments that came too late @returns what the clients did, and how it ended */
export function loadLine({ orders, claims, refused }: Ledger, late: number): string {
  const ended = (entries: readonly { end?: string }[], state: string): number =>
    entries.filter(({ end }) => end === state).length;
  const admitted = claims.filter(({ acceptedAt }) => acceptedAt !== undefined);
  return (
    `${orders.length} orders: ${ended(orders, 'completed')} completed, ${ended(orders, 'cancelled')} cancelled (${late} of them because a payment came too late). ` +
    `${admitted.length} claims of ${claims.length} let in: ${ended(admitted, 'won')} won and paid, ${ended(admitted, 'expired')} given back, ${ended(admitted, 'lost')} lost the race. ${refused} requests refused and asked again.`
  );
}

/** @returns how the orders were followed */
export const streamLine = ({ followed, resumed }: Pick<OrderStreams, 'followed' | 'resumed'>): string =>
  `${followed.length} orders followed by their streams, ${resumed} of them over more than one connection.`;
