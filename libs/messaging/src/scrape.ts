import { setTimeout as pause } from 'node:timers/promises';

/** Far below the 10 s that Prometheus waits: one slow server must not cost a process all its metrics. */
const WITHIN_MS = 1_000;

/**
 * A question that a gauge puts to a server when it is scraped. Gives undefined instead of an error or a late answer: then
 * the value is left out. One is asked at a time, however many gauges and scrapes want to know.
 */
export function whenScraped<T>(ask: () => Promise<T>): () => Promise<T | undefined> {
  let asking: Promise<T | undefined> | undefined;
  return () => {
    asking ??= Promise.resolve()
      .then(ask)
      .catch(() => undefined)
      .finally(() => (asking = undefined));
    return Promise.race([asking, pause(WITHIN_MS, undefined, { ref: false })]);
  };
}
