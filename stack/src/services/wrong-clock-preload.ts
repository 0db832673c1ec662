// A preload (`node --import`), for tests and chaos alone: the clock of this process is wrong by CLOCK_OFFSET_MS.
// Timers and performance.now() are unchanged, as on a machine whose clock is set wrong.
const offsetMs = Number(process.env['CLOCK_OFFSET_MS']);
if (!Number.isFinite(offsetMs))
  throw new Error('CLOCK_OFFSET_MS says how wrong the clock is: milliseconds, ahead if positive');

const RealDate = Date;
const now = (): number => RealDate.now() + offsetMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (_, values: unknown[], target): Date =>
    Reflect.construct(RealDate, values.length === 0 ? [now()] : values, target),
  apply: () => new RealDate(now()).toString(),
  get: (_, name): unknown => (name === 'now' ? now : Reflect.get(RealDate, name)),
});
