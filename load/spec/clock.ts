export type Clock = () => number;

/**
 * Returns a clock that runs `speed` times as fast as the real one, so that a wait of a minute takes seconds.
 * @param epoch real time in milliseconds at which both clocks are equal
 */
export const fastClock =
  (epoch: number, speed: number, realNow: Clock = Date.now.bind(Date)): Clock =>
  () =>
    Math.round(epoch + (realNow() - epoch) * speed);

/** Replaces `Date` by this clock, in the whole process. */
export function setClock(now: Clock): void {
  globalThis.Date = new Proxy(Date, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length > 0 ? given : [now()], newTarget) as Date,
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  });
}
