import { setTimeout as pause } from 'node:timers/promises';

export interface LatestOptions {
  /** How long a value is used. Milliseconds. */
  maxAgeMs: number;
  /** How long a caller waits for a new one at most, before it gets the last one. Milliseconds. */
  waitMs: number;
}

/** The latest value of something slow to read. At most one reading is in progress, and a failed one changes nothing. */
export class Latest<T> {
  #value: T | undefined;
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(
    private readonly read: () => Promise<T>,
    private readonly options: LatestOptions,
  ) {}

  /** Undefined before the first reading. */
  async value(): Promise<T | undefined> {
    const { maxAgeMs, waitMs } = this.options;
    if (performance.now() - this.#readAt >= maxAgeMs)
      this.#reading ??= this.#refresh().finally(() => (this.#reading = undefined));
    if (this.#reading) await Promise.race([this.#reading, pause(waitMs, undefined, { ref: false })]);
    return this.#value;
  }

  async #refresh(): Promise<void> {
    this.#readAt = performance.now();
    this.#value = await this.read().catch(() => this.#value);
  }
}
