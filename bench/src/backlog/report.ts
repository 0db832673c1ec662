import { shown } from '../table/statistics.js';
import type { Tenth } from './draining.js';

/**
 * Minimum ratio of the last rate to the first one. Tables of 100,000 rows and a deeper index cost a few per cent, and
 * other load on the machine as much; a scan of all rows would cost far more.
 */
export const MIN_FLATNESS = 0.8;
/**
 * Maximum growth of a process while it drains. It holds 100 messages of the queue and 5,000 outgoing ones, about 10
 * MB; the rest is for V8, whose heap grows by some tens of MB before a collection. A leak of 100,000 messages of 1 kB
 * would take 200 MB and more, as text and as objects. MB.
 */
export const MAX_GROWTH_MB = 64;

/** Columns. CPU (processor time) and pages (read by its database) are per message, independent of other load. */
const TITLES = ['per second', 'of bare', 'CPU', 'pages', 'RSS', 'heap', 'outbox', 'broker'];
const WIDTH = 12;

const megabytes = (bytes: number): number => bytes / 1024 / 1024;
const inMb = (bytes: number): string => `${shown(megabytes(bytes))} MB`;
const meanRate = (tenths: readonly Tenth[]): number => tenths.reduce((sum, { rate }) => sum + rate, 0) / tenths.length;

/** Rate of the last two tenths to that of the first two. */
export const flatness = (tenths: readonly Tenth[]): number => meanRate(tenths.slice(-2)) / meanRate(tenths.slice(0, 2));

export const growthMb = (tenths: readonly Tenth[]): number =>
  megabytes(Math.max(...tenths.slice(1).map(({ rss }) => rss)) - tenths[0]!.rss);

/** @param bare messages per second of a consumer that does nothing */
export function tenthsTable(queue: string, tenths: readonly Tenth[], bare: number): string[] {
  const line = (first: string, cells: readonly string[]): string =>
    `  ${first.padEnd(5)}${cells.map((text) => text.padStart(WIDTH)).join('')}`;
  return [
    `${queue}, emptied by a bare consumer at ${shown(bare)} a second`,
    line('tenth', TITLES),
    ...tenths.map((tenth, index) => line(String(index + 1), cellsOf(tenth, bare))),
  ];
}

const cellsOf = ({ rate, cpu, pages, rss, heap, outbox, broker }: Tenth, bare: number): string[] => [
  ...[shown(rate), shown(rate / bare, 2), `${shown(cpu)} µs`, shown(pages, 1)],
  ...[inMb(rss), inMb(heap), shown(outbox), inMb(broker)],
];
