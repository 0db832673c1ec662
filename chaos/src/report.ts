// @ts-nocheck
import { seconds } from '@sluice/stack/progress';

/** Findings that are shown; the rest is a number. */
const SHOWN = 20;

/**
 * @typedef {object} Row what became of one fault
 * @property {string} name @property {number} at since the load began, in ms @property {{ orders: number, claims: number }} inFlight when it began
 * @property {number} refused requests, until it had recovered @property {number} [recoveredMs] absent: it did not, in time @property {number} [bootMs] of it, until a server that was killed was back
 * @property {boolean} [flows] whether orders had to go on meanwhile @property {number} [paidMeanwhile] orders @property {number} [paidLate] of them, in its second half @property {boolean} [bit] false: it was not really there
 * @property {number} [overMs] of the long form: after its end, until all orders had ended that were accepted before @property {number} [over] when it ended (ms since the epoch)
 * @property {string} [skipped] why it could not be done @property {string} [trouble] why it did not recover
 * @property {number} from @property {number} to when it had recovered (ms since the epoch)
 */

/** @typedef {{ seed: number, rows: Row[], orders: number, claims: number, lost: number, doubled: number, dead: number, audit: boolean }} Summary of one run */

/** @param {Row[]} rows @param {import('./judge.js').Finding[]} findings @returns {string[]} a table, which is Markdown as well */
export function faultTable(rows, findings) {
  const long = rows.some(({ overMs }) => overMs !== undefined);
  const cells = rows.map((row) => [
    seconds(row.at),
    row.name,
    String(row.inFlight.orders),
    String(row.inFlight.claims),
    String(row.refused),
    ...(long ? [row.skipped ? '-' : String(row.paidMeanwhile)] : []),
    ending(row),
    ...(long ? [row.overMs === undefined ? '-' : row.overMs === Infinity ? 'never ✗' : seconds(row.overMs)] : []),
    ...['lost', 'doubled'].map((kind) =>
      verdict(during(findings, row).filter((finding) => finding.kind === kind).length),
    ),
  ]);
  const meanwhile = long ? ['paid meanwhile'] : [];
  const over = long ? ['all over after'] : [];
  return table([
    [
      'at',
      'fault',
      'orders in flight',
      'claims waiting',
      'requests refused',
      ...meanwhile,
      'recovered after',
      ...over,
      'lost',
      'doubled',
    ],
    ...cells,
  ]);
}

function ending(row) {
  if (row.skipped) return `skipped: ${row.skipped}`;
  if (row.bit === false) return 'was not there ✗';
  return row.recoveredMs === undefined ? 'not in time ✗' : recoveryOf(row);
}

/** @param {Row} row */
export const recoveryOf = ({ recoveredMs, bootMs }) =>
  bootMs ? `${seconds(recoveredMs)} (${seconds(bootMs)} of it its own start)` : seconds(recoveredMs);

/** What a client waited for while the fault lasted. */
const during = (findings, { from, to }) => findings.filter((finding) => finding.from < to && finding.to > from);

const verdict = (count) => (count === 0 ? '0' : `${count} ✗`);

/** @param {Summary[]} runs @returns {string[]} a table of many runs */
export function seedTable(runs) {
  const cells = runs.map(({ seed, rows, orders, claims, lost, doubled, dead, audit }) => [
    ...[seed, rows.length, orders, claims, rows.reduce((sum, { refused }) => sum + refused, 0)].map(String),
    slowestOf(rows),
    ...[lost, doubled, dead].map(verdict),
    audit ? 'clean' : 'broken ✗',
  ]);
  return table([
    [
      'seed',
      'faults',
      'orders',
      'claims',
      'requests refused',
      'slowest recovery',
      'lost',
      'doubled',
      'dead letters',
      'audit',
    ],
    ...cells,
  ]);
}

function slowestOf(rows) {
  const done = rows.filter(({ skipped }) => !skipped);
  if (done.length === 0) return '-';
  const late = done.find(({ recoveredMs }) => recoveredMs === undefined);
  const slowest = late ?? done.reduce((slow, row) => (row.recoveredMs > slow.recoveredMs ? row : slow));
  return `${slowest.name}: ${late ? 'not in time ✗' : recoveryOf(slowest)}`;
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(rows[0]), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.slice(1).map(line)];
}

/** @param {import('./judge.js').Finding[]} findings @returns {string[]} */
export function findingLines(findings) {
  const more = findings.length - SHOWN;
  return [
    ...findings.slice(0, SHOWN).map(({ kind, what }) => `✗ ${kind}: ${what}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

/** @param {import('./ledger.js').Ledger} ledger @param {number} late @returns {string} what the clients did, and how it ended */
export function loadLine({ orders, claims, refused }, late) {
  const ended = (entries, ...ends) => entries.filter(({ end }) => ends.includes(end)).length;
  const admitted = claims.filter(({ acceptedAt }) => acceptedAt !== undefined);
  return (
    `${orders.length} orders: ${ended(orders, 'completed')} completed, ${ended(orders, 'cancelled')} cancelled (${late} of them because a payment came too late). ` +
    `${admitted.length} claims of ${claims.length} let in: ${ended(admitted, 'won')} won and paid, ${ended(admitted, 'expired')} given back, ${ended(admitted, 'lost')} lost the race. ${refused} requests refused and asked again.`
  );
}
