import { pathToFileURL } from 'node:url';
import path from 'node:path';

/** Not built, since a process loads it before anything else. */
const PRELOAD = pathToFileURL(path.resolve(import.meta.dirname, '../src/wrong-clock.mjs'));

/** The environment of a process whose clock is ahead by so many milliseconds, or behind if negative. */
export const wrongClock = (aheadMs: number): Record<string, string> => ({
  NODE_OPTIONS: `--import=${PRELOAD.href}`,
  CLOCK_OFFSET_MS: String(aheadMs),
});
