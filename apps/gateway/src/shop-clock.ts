import { Injectable } from '@nestjs/common';
import { SaleClock } from './flash-sale/sale-clock.js';
import { Live } from './live/live.js';

/**
 * Clock of the databases, estimated from the `time` of the facts on `shop.live`: the instant at which a request was
 * accepted must not depend on this machine's clock. The estimate lags by the shortest latency of a fact and is never
 * ahead, so no request in time is treated as late.
 */
@Injectable()
export class ShopClock {
  readonly #clock = new SaleClock();

  constructor(live: Live) {
    live.onEveryFact((fact) => fact && this.#clock.observe(fact.time));
  }

  /** RFC 3339; undefined before the first fact. */
  now(): string | undefined {
    const now = this.#clock.nowIfKnown();
    return now === undefined ? undefined : new Date(now).toISOString();
  }
}
