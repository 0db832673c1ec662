import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Compiled, also where this file is not: a process of plain Node.js loads it before anything else. */
const PRELOAD = pathToFileURL(path.resolve(import.meta.dirname, '../dist/wrong-clock-preload.js'));

/** The environment of a process whose clock is ahead by so many milliseconds, or behind if negative. */
export const wrongClock = (aheadMs: number): Record<string, string> => ({
  NODE_OPTIONS: `--import=${PRELOAD.href}`,
  CLOCK_OFFSET_MS: String(aheadMs),
});
