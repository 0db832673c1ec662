import { expect, it } from 'vitest';
import { processorMs, whileProgressing } from './progress.js';

const PATIENCE = { idleMs: 100, atMostMs: 5_000, pollMs: 5 };
const after =
  (ms: number, from = Date.now()) =>
  async () =>
    Date.now() - from > ms;
const idle = { written: 0, processorMs: 0 };

it('waits longer than a process may be idle while it writes', async () => {
  let written = 0;
  expect(await whileProgressing(after(500), () => ({ written: written++, processorMs: undefined }), PATIENCE)).toBe(
    true,
  );
});

it('waits longer than a process may be idle while it computes', async () => {
  let used = 0;
  expect(await whileProgressing(after(500), () => ({ written: 0, processorMs: (used += 400) }), PATIENCE)).toBe(true);
});

it('gives a process up that does nothing but answer that it is not ready', async () => {
  let used = 0;
  expect(await whileProgressing(after(2_000), () => ({ written: 7, processorMs: (used += 1) }), PATIENCE)).toBe(false);
});

it('gives a process up in the end that is busy for ever', async () => {
  let written = 0;
  expect(
    await whileProgressing(
      async () => false,
      () => ({ ...idle, written: written++ }),
      { ...PATIENCE, atMostMs: 200 },
    ),
  ).toBe(false);
});

it('reads what this very process has used', { skip: process.platform !== 'linux' }, () => {
  const before = processorMs(process.pid)!;
  for (const until = before + 50; processorMs(process.pid)! < until;);
  expect(processorMs(process.pid)).toBeGreaterThanOrEqual(before + 50);
  expect(processorMs(undefined)).toBeUndefined();
});
