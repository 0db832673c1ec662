// Preloaded (node --import) into a service whose clock is to be wrong by CLOCK_OFFSET_MS. Timers and performance.now() go on as
// they did: a clock that was set wrongly runs at the right speed.
const offsetMs = Number(process.env.CLOCK_OFFSET_MS);
if (!Number.isInteger(offsetMs)) throw new Error(`CLOCK_OFFSET_MS is "${process.env.CLOCK_OFFSET_MS}": it must be a whole number of milliseconds`);

const TrueDate = Date;
const now = () => TrueDate.now() + offsetMs;

/** A proxy keeps `Date.prototype`, and with it `instanceof Date` for dates that were made before. */
globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: (target) => new target(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});
