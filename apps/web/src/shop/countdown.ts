/**
 * Seconds that are left of a time that the server has counted out: by how long ago it did, and not by what the clock of
 * this device says the time is.
 * @param secondsLeft as the server said it @param saidAt and @param now as `performance.now()` counts
 */
export const remaining = (secondsLeft: number, saidAt: number, now: number): number =>
  Math.max(0, Math.ceil(secondsLeft - (now - saidAt) / 1_000));
