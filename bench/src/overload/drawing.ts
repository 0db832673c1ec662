import { median, shown } from '../table/statistics.js';
import type { Second } from './offer.js';

const BARS = [...'▁▂▃▄▅▆▇█'];
const TITLE_WIDTH = 26;

/** One bar for each value, the greatest as high as a line. */
export function bars(values: readonly number[]): string {
  const most = Math.max(...values, Number.MIN_VALUE);
  return values.map((value) => BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))]).join('');
}

/** What became of the orders, and how long they took, from left to right by the second in which they were placed. */
export function drawingOf(name: string, perSecond: number, seconds: readonly Second[]): string[] {
  const line = (title: string, values: readonly number[], digits = 0): string =>
    `  ${title.padEnd(TITLE_WIDTH)}${bars(values)}  at most ${shown(Math.max(...values), digits)}`;
  const medianSeconds = (times: readonly number[]): number => (times.length > 0 ? median(times) / 1_000 : 0);
  return [
    `${name}, ${shown(perSecond)} orders offered per second`,
    line(
      'accepted',
      seconds.map(({ accepted }) => accepted.length),
    ),
    line(
      'refused or failed',
      seconds.map(({ failed }) => failed),
    ),
    line(
      'seconds until accepted',
      seconds.map(({ accepted }) => medianSeconds(accepted)),
      1,
    ),
    line(
      'seconds until completed',
      seconds.map(({ waits }) => medianSeconds(waits)),
      1,
    ),
  ];
}
