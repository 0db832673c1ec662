import { setTimeout as pause } from 'node:timers/promises';

/** Far below Prometheus' timeout of 10 s: one slow server must not cost a process all its metrics. */
const WITHIN_MS = 1_000;

/**
 * Wraps a query that a gauge sends when it is scraped. Returns undefined in place of an error or a late result; the
 * value is then left out. At most one query is in progress, however many gauges and scrapes use it.
 */
export function whenScraped<T>(query: () => Promise<T>): () => Promise<T | undefined> {
  let pending: Promise<T | undefined> | undefined;
  return () => {
    pending ??= Promise.resolve()
      .then(query)
      .catch(() => undefined)
      .finally(() => (pending = undefined));
    return Promise.race([pending, pause(WITHIN_MS, undefined, { ref: false })]);
  };
}
