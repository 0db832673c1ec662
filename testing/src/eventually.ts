import { until } from '@sluice/stack/until';

/** Short pauses first, for what comes soon; longer ones later leave the machine to what takes long. ms. */
const PAUSE_MS = { everyMs: 10, growth: 1.5, longestMs: 500 };

/**
 * Repeats an assertion until it holds.
 * @returns what it returned @throws its last error when it does not hold within `withinMs`
 */
export async function eventually<T>(
  assertion: () => T | Promise<T>,
  { withinMs = 10_000 }: { withinMs?: number } = {},
): Promise<T> {
  let failure: unknown;
  const attempt = async (): Promise<{ result: T } | undefined> => {
    try {
      return { result: await assertion() };
    } catch (error) {
      failure = error;
      return undefined;
    }
  };
  const held = await until(attempt, { withinMs, ...PAUSE_MS });
  if (!held) throw failure;
  return held.result;
}
