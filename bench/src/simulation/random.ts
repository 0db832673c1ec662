/** Numbers from 0 to 1 that are the same for the same seed: mulberry32, public domain, period 2^32. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let n = Math.imul(state ^ (state >>> 15), state | 1);
    n ^= n + Math.imul(n ^ (n >>> 7), n | 61);
    return ((n ^ (n >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A time between two arrivals of a Poisson process. @param mean in the unit of the result */
export const exponential = (random: () => number, mean: number): number => -Math.log(1 - random()) * mean;
