import { Injectable } from '@nestjs/common';
import { SaleClock } from './flash-sale/sale-clock.js';
import { Live } from './live/live.js';

/**
 * The clock of the databases, as every fact on `shop.live` names it: what says when a request was accepted must not depend on
 * the clock of this machine. It is late by the shortest way of a message, and never ahead, so nobody is called late who is not.
 */
@Injectable()
export class ShopClock {
  readonly #clock = new SaleClock();

  constructor(live: Live) {
    live.hearAll((fact) => fact && this.#clock.heard(fact.time));
  }

  /** RFC 3339; undefined until a fact was heard. */
  now(): string | undefined {
    const known = this.#clock.known();
    return known === undefined ? undefined : new Date(known).toISOString();
  }
}
