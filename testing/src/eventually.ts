import { setTimeout as pause } from 'node:timers/promises';

/** What comes soon is seen soon; what takes long is asked for less and less, which leaves the machine to it. Milliseconds. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 500;
const GROWTH = 1.5;

/**
 * Repeats an assertion until it holds, and gives what it returned.
 * Throws the assertion's last error when it does not hold within `withinMs`.
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
