import { DURATION_BUCKETS } from '@sluice/contracts';
import type { Sample } from './history.js';

/** How much a counter of one process has grown within the samples, and in how many seconds. */
interface Growth {
  by: number;
  seconds: number;
}

/** Counters that are missing in the first sample were 0 then: a counter appears with its first message. */
export function growthOf(samples: readonly Sample[], counter: string): Growth {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || first === last) return { by: 0, seconds: 0 };
  const by = (last.counters.get(counter) ?? 0) - (first.counters.get(counter) ?? 0);
  return { by, seconds: (last.at - first.at) / 1_000 };
}

/** Per second, over the samples of one process. */
export function rateOf(samples: readonly Sample[], counter: string): number {
  const { by, seconds } = growthOf(samples, counter);
  return seconds === 0 ? 0 : by / seconds;
}

/** Per second, of several processes together. Three digits say all that is known. */
export const rateOfAll = (histories: readonly (readonly Sample[])[], counter: string): number =>
  rounded(histories.reduce((sum, samples) => sum + rateOf(samples, counter), 0));

export const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

/** Observations by bucket within the samples of several processes. @param counter of a bucket */
export const bucketsOf = (histories: readonly (readonly Sample[])[], counter: (bucket: number) => string): number[] =>
  Array.from({ length: DURATION_BUCKETS.length + 1 }, (_, bucket) =>
    histories.reduce((sum, samples) => sum + Math.max(0, growthOf(samples, counter(bucket)).by), 0),
  );

/**
 * A percentile in milliseconds, evenly spread within its bucket; undefined without an observation. What took longer than
 * the last bound counts as that bound.
 */
export function percentileMs(buckets: readonly number[], share: number): number | undefined {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let below = 0;
  for (const [index, count] of buckets.entries()) {
    if (count > 0 && below + count >= share * total) return rounded(within(index, (share * total - below) / count));
    below += count;
  }
  return undefined;
}

function within(bucket: number, share: number): number {
  const [from, to] = [DURATION_BUCKETS[bucket - 1] ?? 0, DURATION_BUCKETS[bucket] ?? DURATION_BUCKETS.at(-1)!];
  return (from + (to - from) * share) * 1_000;
}
