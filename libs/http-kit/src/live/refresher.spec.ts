import { eventually } from '@sluice/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Refresher } from './refresher.js';

/** Longer than any test here runs. Milliseconds. */
const NEVER_MS = 600_000;

let refresher: Refresher;
afterEach(() => {
  refresher.stop();
  vi.useRealTimers();
});

/** Counts its reads; each ends when the test calls `finish`. */
function reader(everyMs: number): { reads: number; finish(): void } {
  const state = { reads: 0, finish: () => undefined as void };
  refresher = new Refresher(async () => {
    state.reads += 1;
    await new Promise<void>((resolve) => (state.finish = resolve));
  }, everyMs);
  return state;
}

describe('a refresher', () => {
  it('runs one read at a time, and one more for all triggers meanwhile', async () => {
    const state = reader(NEVER_MS);
    refresher.start();
    for (let n = 0; n < 5; n++) refresher.trigger();
    expect(state.reads).toBe(1);
    state.finish();
    await eventually(() => expect(state.reads).toBe(2));
    state.finish();
    // The event loop's next iteration, in which a third read would start.
    await new Promise(setImmediate);
    expect(state.reads).toBe(2);
  });

  it('keeps a trigger from before its start, and does not read before it', () => {
    const hinted = reader(NEVER_MS);
    refresher.trigger();
    expect(hinted.reads).toBe(0);
    refresher.start();
    expect(hinted.reads).toBe(1);
    const unhinted = reader(NEVER_MS);
    refresher.start();
    expect(unhinted.reads).toBe(0);
  });

  it('reads periodically without a trigger', async () => {
    const state = reader(10);
    refresher.start();
    for (let n = 1; n <= 3; n++) {
      await eventually(() => expect(state.reads).toBe(n));
      state.finish();
    }
  });

  it('does not read once it is stopped, neither on a trigger nor after the read that is under way', async () => {
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
