import { pathToFileURL } from 'node:url';
import { inRoot } from '../workspace.js';

/** Compiled, also where this file is not: a process of plain Node.js loads it before anything else. */
const PRELOAD = pathToFileURL(inRoot('stack/dist/services/wrong-clock-preload.js'));

/** The environment of a process whose clock is ahead by so many milliseconds, or behind if negative. */
export const wrongClock = (aheadMs: number): Record<string, string> => ({
  NODE_OPTIONS: `--import=${PRELOAD.href}`,
  CLOCK_OFFSET_MS: String(aheadMs),
});
