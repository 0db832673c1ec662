import { expect, it } from 'vitest';
import { ProgressDeadline, type Activity } from './progress-deadline.js';
import { until } from './until.js';

const LIMITS = { idleMs: 100, atMostMs: 5_000 };
const after =
  (ms: number, from = Date.now()) =>
  () =>
    Date.now() - from > ms;

/** Whether it comes about before the deadline. */
async function inTime(isSo: () => boolean, progress: () => Activity, limits = LIMITS): Promise<boolean> {
  const deadline = new ProgressDeadline({ ...limits, progress });
  const outcome = await until(() => (isSo() ? 'so' : deadline.isOver && 'over'), { withinMs: Infinity, everyMs: 5 });
  return outcome === 'so';
}

it('waits longer than a process may be idle while it writes', async () => {
  let written = 0;
  expect(await inTime(after(500), () => ({ written: written++, processorMs: undefined }))).toBe(true);
});

it('waits longer than a process may be idle while it computes', async () => {
  let used = 0;
  expect(await inTime(after(500), () => ({ written: 0, processorMs: (used += 400) }))).toBe(true);
});

it('gives a process up that does nothing but answer that it is not ready', async () => {
  let used = 0;
  expect(await inTime(after(2_000), () => ({ written: 7, processorMs: (used += 1) }))).toBe(false);
});

it('gives a process up in the end that is busy for ever', async () => {
  let written = 0;
  const busy = (): Activity => ({ written: written++, processorMs: 0 });
  expect(await inTime(() => false, busy, { ...LIMITS, atMostMs: 200 })).toBe(false);
});
