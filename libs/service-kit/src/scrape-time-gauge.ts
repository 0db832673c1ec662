import { Gauge } from 'prom-client';

/** By label: how much. */
export type Numbers = Readonly<Record<string, number>>;

export interface ScrapeTimeGaugeOptions {
  name: string;
  help: string;
  /** The label that tells its numbers apart. */
  label: string;
  /** An answer is good for this long. Milliseconds. */
  maxAgeMs?: number;
}

/** As often as Prometheus scrapes, so that a second one costs nothing. Milliseconds. */
const MAX_AGE_MS = 15_000;
/** What took long is asked for less often: questions take at most a hundredth of the time, however large tables grow. */
const SHARE = 100;

/**
 * A gauge whose numbers cost a question, to a database say: it is asked only when somebody scrapes, and not more often than an
 * answer is good for. A metric exists once in a process; what it is asked of comes and goes (`addSource`).
 */
export class ScrapeTimeGauge {
  readonly #maxAgeMs: number;
  readonly #sources = new Set<() => Promise<Numbers>>();

  constructor({ name, help, label, maxAgeMs = MAX_AGE_MS }: ScrapeTimeGaugeOptions) {
    this.#maxAgeMs = maxAgeMs;
    const ask = (): Promise<Numbers[]> => Promise.all([...this.#sources].map((source) => source()));
    new Gauge({
      name,
      help,
      labelNames: [label],
      async collect() {
        const answers = await ask();
        this.reset();
        for (const [value, number] of answers.flatMap(Object.entries<number>)) this.set({ [label]: value }, number);
      },
    });
  }

  /** @returns what ends it */
  addSource(source: () => Promise<Numbers>): () => void {
    const cachedSource = cached(source, this.#maxAgeMs);
    this.#sources.add(cachedSource);
    return () => void this.#sources.delete(cachedSource);
  }
}

/** Whoever asks meanwhile shares the answer, and a question that fails is not asked again at once either. */
function cached(query: () => Promise<Numbers>, maxAgeMs: number): () => Promise<Numbers> {
  let answer: Promise<Numbers> | undefined;
  let goodUntil = 0;
  return () => {
    if (answer && performance.now() < goodUntil) return answer;
    const startedAt = performance.now();
    goodUntil = Infinity;
    answer = query().finally(
      () => (goodUntil = startedAt + Math.max(maxAgeMs, (performance.now() - startedAt) * SHARE)),
    );
    return answer;
  };
}
