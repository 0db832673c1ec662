import { setTimeout as pause } from 'node:timers/promises';

/** Often enough to be quick, seldom enough to leave the machine to what is waited for. */
const EVERY_MS = 25;

/**
 * Repeats an assertion until it holds, and gives what it returned.
 * Throws the assertion's last error when it does not hold within `withinMs`.
 */
export async function eventually<T>(assertion: () => T | Promise<T>, { withinMs = 10_000 }: { withinMs?: number } = {}): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() >= end) throw error;
      await pause(EVERY_MS);
    }
  }
}
