import { Logger } from '@nestjs/common';
import { eventually } from '@sluice/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DueTask, type Pace } from './due-task.js';

const running: DueTask[] = [];
/** Begun rounds, by the monotonic clock. */
const begun: number[] = [];
const start = (paceMs: Pace, work: (round: number) => Promise<number | undefined>): DueTask => {
  const task = new DueTask('a clock', paceMs, () => work(begun.push(performance.now())));
  running.push(task);
  task.start();
  return task;
};
const gaps = (): number[] => begun.slice(1).map((at, index) => at - begun[index]!);
const NEVER_MS = 600_000;

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(running.splice(0).map((task) => task.stop()));
  begun.length = 0;
});

describe('work that is done when it is due', () => {
  it('begins a round at once, and the next when that one says', async () => {
    start({ atLeast: 1, atMost: NEVER_MS }, async () => 40);
    await eventually(() => expect(begun.length).toBeGreaterThan(3));
    expect(Math.min(...gaps())).toBeGreaterThan(35);
  });

  it('begins no round while nothing is due, but for one after the longest time', async () => {
    start({ atLeast: 1, atMost: 40 }, async () => undefined);
    await eventually(() => expect(begun.length).toBeGreaterThan(3));
    expect(Math.min(...gaps())).toBeGreaterThan(35);
  });

  it('begins one soon after a change, however long nothing is due', async () => {
    const task = start({ atLeast: 1, atMost: NEVER_MS }, async () => undefined);
    await eventually(() => expect(begun).toHaveLength(1));
    task.wake();
    await eventually(() => expect(begun).toHaveLength(2));
  });

  it('begins one after a change during a round, whose result may be older', async () => {
    let end: (() => void) | undefined;
    const task = start({ atLeast: 1, atMost: NEVER_MS }, async (round) => {
      if (round === 1) await new Promise<void>((resolve) => (end = resolve));
      return undefined;
    });
    await eventually(() => expect(end).toBeDefined());
    task.wake();
    end!();
    await eventually(() => expect(begun).toHaveLength(2));
  });

  it('keeps the shortest time between two rounds, however many changes there are and whatever is due', async () => {
    const task = start({ atLeast: 40, atMost: NEVER_MS }, async () => 0);
    await eventually(() => {
      task.wake();
      expect(begun.length).toBeGreaterThan(3);
    });
    expect(Math.min(...gaps())).toBeGreaterThan(35);
  });

  it('repeats what has failed, and logs it once', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    start({ atLeast: 1, atMost: NEVER_MS }, async (round) => {
      if (round < 4) throw new Error('the database is away');
      return undefined;
    });
    await eventually(() => expect(begun).toHaveLength(4));
    expect(warn.mock.calls).toEqual([['failed and will be repeated: the database is away']]);
  });

  it('that is stopped finishes its round and starts no other', async () => {
    let end: (() => void) | undefined;
    const task = start({ atLeast: 1, atMost: 1 }, async () => {
      await new Promise<void>((resolve) => (end = resolve));
      return 0;
    });
    await eventually(() => expect(end).toBeDefined());
    const stopped = task.stop();
    task.wake();
    end!();
    await stopped;
    let ticks = 0;
    const clock = setInterval(() => (ticks += 1), 5);
    await eventually(() => expect(ticks).toBeGreaterThan(4));
    clearInterval(clock);
    expect(begun).toHaveLength(1);
  });
});
