import { setTimeout as pause } from 'node:timers/promises';

/** How often the broker is asked at most, however many come. Milliseconds. */
const SAMPLE_MS = 250;
/** An older one says nothing about now. Milliseconds. */
const STALE_MS = 2_000;
/** Whoever comes first waits for the broker's word, but not longer. Milliseconds. */
const PATIENCE_MS = 500;

/** About how many wait in the queue: the broker's last word, and those whom this process has let in since. */
export class QueueDepth {
  #sample: { depth: number; at: number } | undefined;
  #admitted = 0;
  #asking: Promise<void> | undefined;

  constructor(
    private readonly ask: () => Promise<number>,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  admit(): void {
    this.#admitted += 1;
  }

  /** Undefined: the broker does not say. */
  async now(): Promise<number | undefined> {
    if (this.#age > SAMPLE_MS) this.#asking ??= this.#take().finally(() => (this.#asking = undefined));
    if (this.#age > STALE_MS) await Promise.race([this.#asking, pause(PATIENCE_MS, undefined, { ref: false })]);
    return this.#sample && this.#age <= STALE_MS ? this.#sample.depth + this.#admitted : undefined;
  }

  get #age(): number {
    return this.#sample ? this.clock() - this.#sample.at : Infinity;
  }

  async #take(): Promise<void> {
    const before = this.#admitted;
    const depth = await this.ask().catch(() => undefined);
    if (depth === undefined) return;
    this.#sample = { depth, at: this.clock() };
    this.#admitted -= before;
  }
}
