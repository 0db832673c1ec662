import { Injectable } from '@nestjs/common';
import { ServicePulse } from '@sluice/contracts/kit';
import { Live } from './live.js';

/**
 * Shortest time for which an instant is used, so that a database clock that was set back is followed. Milliseconds.
 */
const WINDOW_MS = 300_000;

/**
 * Estimates the clock of a database from the instants in messages. An instant in a message has passed when the message
 * arrives, so the greatest offset is closest to the truth: the estimate lags by the shortest latency of a message and is
 * never ahead. So nothing is refused as too late that the owner of the database would accept.
 */
export class ClockEstimate {
  /** Offset of the database's clock to this process's monotonic clock. Milliseconds. */
  #ahead = -Infinity;
  #aheadBefore = -Infinity;
  #windowEnd = -Infinity;

  /** @param own the clock of this process, used until the first instant arrives */
  constructor(
    private readonly monotonic: () => number = () => performance.now(),
    private readonly own: () => number = () => Date.now(),
  ) {}

  /** @param instant RFC 3339, by the database's clock */
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

  /** As `now`, but undefined before the first instant. */
  nowIfKnown(): number | undefined {
    const ahead = Math.max(this.#ahead, this.#aheadBefore);
    return ahead === -Infinity ? undefined : this.monotonic() + ahead;
  }
}

/**
 * Clock of the databases, estimated from the `time` of the facts on `shop.live`: the instant at which a request was
 * accepted must not depend on this machine's clock. A pulse has the clock of its process and is left out. The estimate lags by the shortest latency of a fact and is never
 * ahead, so no request in time is treated as late.
 */
@Injectable()
export class DatabaseClock {
  readonly #clock = new ClockEstimate();

  constructor(live: Live) {
    live.onEveryFact((fact) => fact && fact.type !== ServicePulse.type && this.#clock.observe(fact.time));
  }

  /** RFC 3339; undefined before the first fact. */
  now(): string | undefined {
    const now = this.#clock.nowIfKnown();
    return now === undefined ? undefined : new Date(now).toISOString();
  }
}
