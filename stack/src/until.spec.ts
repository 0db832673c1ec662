import { describe, expect, it } from 'vitest';
import { until } from './until.js';

const QUICK = { withinMs: 5_000, everyMs: 1 };

describe('until', () => {
  it('repeats a probe until it returns something other than undefined or false', async () => {
    const results = [undefined, false, 0, 1];
    expect(await until(() => results.shift(), QUICK)).toBe(0);
    expect(results).toEqual([1]);
  });

  it('gives up when the time is up, after one probe at least', async () => {
    let probes = 0;
    expect(await until(() => void probes++, { withinMs: 0, everyMs: 1 })).toBeUndefined();
    expect(probes).toBe(1);
  });

  it('throws at once what the probe throws', async () => {
    await expect(until(() => Promise.reject(new Error('broken')), QUICK)).rejects.toThrow('broken');
  });

  it('waits longer each time', async () => {
    const at: number[] = [];
    const probe = (): boolean => at.push(performance.now()) > 4;
    await until(probe, { withinMs: 5_000, everyMs: 10, growth: 4, longestMs: 40 });
    const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    for (const [index, leastMs] of [10, 40, 40, 40].entries()) expect(pauses[index]).toBeGreaterThan(leastMs - 2);
  });
});
