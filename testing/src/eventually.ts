import { setTimeout as pause } from 'node:timers/promises';

/** Short pauses first, for what comes soon; longer ones later, which leave the machine to what takes long. Milliseconds. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;
const GROWTH = 1.5;

/**
 * Repeats an assertion until it holds.
 * @returns what it returned @throws its last error when it does not hold within `withinMs`
 */
export async function eventually<T>(
  assertion: () => T | Promise<T>,
  { withinMs = 10_000 }: { withinMs?: number } = {},
): Promise<T> {
  const end = Date.now() + withinMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * GROWTH, LONGEST_PAUSE_MS)) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() >= end) throw error;
      await pause(pauseMs);
    }
  }
}
