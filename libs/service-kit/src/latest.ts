import { setTimeout as pause } from 'node:timers/promises';

/** The latest value of something slow to read. At most one reading is in progress, and a failed one changes nothing. */
export class Latest<T> {
  #value: T | undefined;
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;

  /** @param waitMs how long a caller waits for a new value at most, before it gets the last one; milliseconds */
  constructor(
    private readonly read: () => Promise<T>,
    private readonly waitMs: number,
  ) {}

  /** Undefined before the first reading. @param maxAgeMs how old the value may be; milliseconds */
  async value(maxAgeMs: number): Promise<T | undefined> {
    if (performance.now() - this.#readAt >= maxAgeMs)
      this.#reading ??= this.#refresh().finally(() => (this.#reading = undefined));
    if (this.#reading) await Promise.race([this.#reading, pause(this.waitMs, undefined, { ref: false })]);
    return this.#value;
  }

  async #refresh(): Promise<void> {
    this.#readAt = performance.now();
    this.#value = await this.read().catch(() => this.#value);
  }
}
