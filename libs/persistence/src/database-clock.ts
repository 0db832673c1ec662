/** A reading serves for so long: a clock that was set back is noticed after it. Milliseconds. */
const MAX_AGE_MS = 1_000;

/** The clock of the database between two transactions: what they have shown, and the time that has passed since. */
export class DatabaseClock {
  /** The database's time minus that of this process (`performance.now()`). */
  #offset = 0;
  #offsetFrom = -Infinity;
  #lastFrom = -Infinity;

  constructor(private readonly monotonic: () => number = () => performance.now()) {}

  /** @param start of a transaction that has just answered, by the clock of the database */
  set(start: Date): void {
    this.#lastFrom = this.monotonic();
    const offset = start.getTime() - this.#lastFrom;
    // Every answer comes late: the largest offset is the nearest one.
    if (offset < this.#offset && this.#lastFrom - this.#offsetFrom <= MAX_AGE_MS) return;
    [this.#offset, this.#offsetFrom] = [offset, this.#lastFrom];
  }

  /** The database's time or somewhat earlier, never later. Undefined: no transaction has shown it for a second. */
  now(): Date | undefined {
    const now = this.monotonic();
    return now - this.#lastFrom > MAX_AGE_MS ? undefined : new Date(this.#offset + now);
  }
}
