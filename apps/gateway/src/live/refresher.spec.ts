import { eventually } from '@sluice/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Refresher } from './refresher.js';

/** Longer than any test here runs. */
const NEVER_MS = 600_000;

let refresher: Refresher;
afterEach(() => {
  refresher.stop();
  vi.useRealTimers();
});

/** Counts its reads, each of which ends when the test says so. */
function reader(everyMs: number): { reads: number; finish(): void } {
  const state = { reads: 0, finish: () => undefined as void };
  refresher = new Refresher(async () => {
    state.reads += 1;
    await new Promise<void>((resolve) => (state.finish = resolve));
  }, everyMs);
  return state;
}

describe('catching up', () => {
  it('reads once at a time, and once more for all hints that came meanwhile', async () => {
    const state = reader(NEVER_MS);
    refresher.start();
    for (let n = 0; n < 5; n++) refresher.trigger();
    expect(state.reads).toBe(1);
    state.finish();
    await eventually(() => expect(state.reads).toBe(2));
    state.finish();
    // The turn of the loop in which a third read would begin.
    await new Promise(setImmediate);
    expect(state.reads).toBe(2);
  });

  it('keeps a hint that came before it began, and reads nothing by itself then', () => {
    const hinted = reader(NEVER_MS);
    refresher.trigger();
    expect(hinted.reads).toBe(0);
    refresher.start();
    expect(hinted.reads).toBe(1);
    const unhinted = reader(NEVER_MS);
    refresher.start();
    expect(unhinted.reads).toBe(0);
  });

  it('reads every so often without a hint', async () => {
    const state = reader(10);
    refresher.start();
    for (let n = 1; n <= 3; n++) {
      await eventually(() => expect(state.reads).toBe(n));
      state.finish();
    }
  });

  it('reads no more once it is stopped, neither for a hint nor after the read that is under way', async () => {
    vi.useFakeTimers();
    const state = reader(100);
    refresher.start();
    refresher.trigger();
    refresher.trigger();
    refresher.stop();
    state.finish();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
    refresher.trigger();
    expect(state.reads).toBe(1);
  });
});
