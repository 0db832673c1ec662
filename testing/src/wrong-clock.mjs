// A preload (`node --import`), for tests and chaos alone: the clock of this process is wrong by CLOCK_OFFSET_MS. Timers and
// performance.now() go on as they are, as on a machine whose clock is set wrong.
const offset = Number(process.env.CLOCK_OFFSET_MS);
if (!Number.isFinite(offset))
  throw new Error('CLOCK_OFFSET_MS says how wrong the clock is: milliseconds, ahead if positive');

const Right = Date;
const now = () => Right.now() + offset;

globalThis.Date = new Proxy(Right, {
  construct: (_, values, target) => Reflect.construct(Right, values.length === 0 ? [now()] : values, target),
  apply: () => new Right(now()).toString(),
  get: (_, name) => (name === 'now' ? now : Right[name]),
});
