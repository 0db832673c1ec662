import { median, shown } from '../hop/statistics.js';
import type { Tenth } from './draining.js';

/**
 * Minimum ratio of the last rate to the first one. Tables of 100,000 rows and a deeper index cost a few per cent; a
 * scan of all rows would cost far more.
 */
const MIN_RATIO = 0.5;
/**
 * Maximum growth of a process while it drains. It holds 100 messages of the queue and 5,000 outgoing ones, about 10
 * MB; the rest is for V8, whose heap grows by some tens of MB before a collection. A leak of 100,000 messages of 1 kB
 * would take 200 MB and more, as text and as objects. Bytes.
 */
const MAX_GROWTH = 64 * 1024 * 1024;

/** Columns. CPU (processor time) and pages (read by its database) are per message, independent of other load. */
const TITLES = ['per second', 'of bare', 'CPU', 'pages', 'RSS', 'heap', 'outbox', 'broker'];
const WIDTH = 12;

const megabytes = (bytes: number): string => `${shown(bytes / 1024 / 1024)} MB`;
const meanRate = (tenths: readonly Tenth[]): number => tenths.reduce((sum, { rate }) => sum + rate, 0) / tenths.length;

/**
 * @param bare messages per second of a consumer that does nothing.
 * @returns whether the rate was constant and the memory flat
 */
export function report(queue: string, tenths: readonly Tenth[], bare: number): boolean {
  const ratio = meanRate(tenths.slice(-2)) / meanRate(tenths.slice(0, 2));
  const growth = Math.max(...tenths.slice(1).map(({ rss }) => rss)) - tenths[0]!.rss;
  const ofBare = median(tenths.map(({ rate }) => rate)) / bare;
  console.log(`${queue}, emptied by a bare consumer at ${shown(bare)} a second\n`);
  console.log(`  tenth${TITLES.map((title) => title.padStart(WIDTH)).join('')}`);
  tenths.forEach((tenth, index) =>
    console.log(
      `  ${String(index + 1).padEnd(5)}${cells(tenth, bare)
        .map((text) => text.padStart(WIDTH))
        .join('')}`,
    ),
  );
  console.log(`\n  the last two tenths to the first two: ${shown(ratio, 2)}, at least ${MIN_RATIO}`);
  console.log(
    `  RSS after the first tenth: ${growth < 0 ? '-' : '+'}${megabytes(Math.abs(growth))}, at most +${megabytes(MAX_GROWTH)}`,
  );
  console.log(`  of a bare consumer: ${shown(ofBare, 2)}\n`);
  return ratio >= MIN_RATIO && growth <= MAX_GROWTH;
}

const cells = ({ rate, cpu, pages, rss, heap, outbox, broker }: Tenth, bare: number): string[] => [
  ...[shown(rate), shown(rate / bare, 2), `${shown(cpu)} µs`, shown(pages, 1)],
  ...[megabytes(rss), megabytes(heap), shown(outbox), megabytes(broker)],
];
