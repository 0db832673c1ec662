/**
 * A clock that runs `speed` times as fast as the real one: what waits for a minute has waited after some seconds.
 * @param {number} epoch real milliseconds at which both show the same @param {number} speed
 */
export const fastClock =
  (epoch, speed, realNow = Date.now.bind(Date)) =>
  () =>
    Math.round(epoch + (realNow() - epoch) * speed);

/** From now on `Date` shows that clock, here and in everything that this process loads. */
export function setClock(now) {
  globalThis.Date = class extends Date {
    constructor(...given) {
      if (given.length > 0) super(...given);
      else super(now());
    }
    static now() {
      return now();
    }
  };
}
