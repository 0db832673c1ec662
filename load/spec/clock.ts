export type Clock = () => number;

/**
 * A clock that runs `speed` times as fast as the real one: a wait of a minute is over after some seconds.
 * @param epoch real milliseconds at which both show the same
 */
export const fastClock =
  (epoch: number, speed: number, realNow: Clock = Date.now.bind(Date)): Clock =>
  () =>
    Math.round(epoch + (realNow() - epoch) * speed);

/** From now on `Date` shows that clock, here and in everything that this process loads. */
export function setClock(now: Clock): void {
  globalThis.Date = new Proxy(Date, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length > 0 ? given : [now()], newTarget) as Date,
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  });
}
