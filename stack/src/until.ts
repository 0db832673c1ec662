import { setTimeout as sleep } from 'node:timers/promises';

export interface Polling {
  /** Milliseconds from now; after that nothing is repeated. Infinity: until the probe succeeds or throws. */
  withinMs: number;
  /** The first pause. Milliseconds. */
  everyMs: number;
  /** Each pause is this many times as long as the one before, up to `longestMs`. */
  growth?: number;
  longestMs?: number;
}

/**
 * Repeats a probe until it returns something other than `undefined` or `false`.
 * @returns that; undefined when the time is up. The probe runs at least once. @throws what the probe throws, at once
 */
export async function until<T>(
  probe: () => T | Promise<T>,
  { withinMs, everyMs, growth = 1, longestMs = Infinity }: Polling,
): Promise<Exclude<T, undefined | false> | undefined> {
  const end = Date.now() + withinMs;
  for (let pauseMs = everyMs; ; pauseMs = Math.min(pauseMs * growth, longestMs)) {
    const found = await probe();
    if (found !== undefined && found !== false) return found as Exclude<T, undefined | false>;
    if (Date.now() >= end) return undefined;
    await sleep(pauseMs);
  }
}
