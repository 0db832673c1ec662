import { Gauge } from 'prom-client';

/** Values of a gauge by label. */
export type Numbers = Readonly<Record<string, number>>;

export interface ScrapeTimeGaugeOptions {
  name: string;
  help: string;
  /** Name of the label that distinguishes the values. */
  label: string;
  /** How long a result is reused. Milliseconds. */
  maxAgeMs?: number;
}

/** The scrape interval of Prometheus, so that a second scraper causes no second query. Milliseconds. */
const MAX_AGE_MS = 15_000;
/** Slow queries run less often: queries take at most 1/100 of the time, however large the tables are. */
const SHARE = 100;

/**
 * A gauge whose values need a query, for example to a database. The query runs only when metrics are scraped, and not
 * again while its result is reused. A metric exists once per process; sources are added and removed (`addSource`).
 */
export class ScrapeTimeGauge {
  readonly #maxAgeMs: number;
  readonly #sources = new Set<() => Promise<Numbers>>();

  constructor({ name, help, label, maxAgeMs = MAX_AGE_MS }: ScrapeTimeGaugeOptions) {
    this.#maxAgeMs = maxAgeMs;
    const query = (): Promise<Numbers[]> => Promise.all([...this.#sources].map((source) => source()));
    new Gauge({
      name,
      help,
      labelNames: [label],
      async collect() {
        const results = await query();
        this.reset();
        for (const [value, number] of results.flatMap(Object.entries<number>)) this.set({ [label]: value }, number);
      },
    });
  }

  /** @returns a function that removes the source */
  addSource(source: () => Promise<Numbers>): () => void {
    const cachedSource = cached(source, this.#maxAgeMs);
    this.#sources.add(cachedSource);
    return () => void this.#sources.delete(cachedSource);
  }
}

/** Caches the result of a query. Concurrent calls share it, and a failed query is not repeated at once either. */
function cached(query: () => Promise<Numbers>, maxAgeMs: number): () => Promise<Numbers> {
  let result: Promise<Numbers> | undefined;
  let validUntil = 0;
  return () => {
    if (result && performance.now() < validUntil) return result;
    const startedAt = performance.now();
    validUntil = Infinity;
    result = query().finally(
      () => (validUntil = startedAt + Math.max(maxAgeMs, (performance.now() - startedAt) * SHARE)),
    );
    return result;
  };
}
