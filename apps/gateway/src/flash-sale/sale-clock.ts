/**
 * Shortest time for which an instant is used, so that a flash-sale clock that was set back is followed. Milliseconds.
 */
const WINDOW_MS = 300_000;

/**
 * Estimates the clock of flash-sale's database, which opens and closes sales. An instant in a message has passed when
 * the message arrives, so the greatest offset is closest to the truth: the estimate lags by the shortest latency of a
 * message and is never ahead. So the gateway refuses no claim as too late that flash-sale would accept.
 */
export class SaleClock {
  /** Offset of the database's clock to this process's monotonic clock. Milliseconds. */
  #ahead = -Infinity;
  #aheadBefore = -Infinity;
  #windowEnd = -Infinity;

  /** @param own the clock of this process, used until flash-sale's first instant arrives */
  constructor(
    private readonly monotonic: () => number = () => performance.now(),
    private readonly own: () => number = () => Date.now(),
  ) {}

  /** @param instant RFC 3339, by flash-sale's clock */
  observe(instant: string): void {
    const now = this.monotonic();
    if (now >= this.#windowEnd) {
      [this.#aheadBefore, this.#ahead] = [this.#ahead, -Infinity];
      this.#windowEnd = now + WINDOW_MS;
    }
    this.#ahead = Math.max(this.#ahead, Date.parse(instant) - now);
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.nowIfKnown() ?? this.own();
  }

  /** As `now`, but undefined before the first instant of flash-sale. */
  nowIfKnown(): number | undefined {
    const ahead = Math.max(this.#ahead, this.#aheadBefore);
    return ahead === -Infinity ? undefined : this.monotonic() + ahead;
  }
}
