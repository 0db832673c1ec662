/** How long an instant counts at least, so that a clock of flash-sale that was set back is followed. Milliseconds. */
const WINDOW_MS = 300_000;

/**
 * The time by the clock of flash-sale's database, which opens and closes sales. An instant that flash-sale names has passed
 * when it arrives here, so the furthest of them is nearest to the truth: this clock is late by the shortest way of a message,
 * and never ahead. Nobody is turned away as too late whom flash-sale would let in.
 */
export class SaleClock {
  /** How far that clock is ahead of the monotonic one of this process. Milliseconds. */
  #ahead = -Infinity;
  #aheadBefore = -Infinity;
  #windowEnd = -Infinity;

  /** @param own the clock of this process, for as long as flash-sale has named no instant */
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

  /** The same; undefined before the first instant of flash-sale. */
  nowIfKnown(): number | undefined {
    const ahead = Math.max(this.#ahead, this.#aheadBefore);
    return ahead === -Infinity ? undefined : this.monotonic() + ahead;
  }
}
