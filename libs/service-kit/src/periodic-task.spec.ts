import { Logger } from '@nestjs/common';
import { eventually } from '@sluice/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PeriodicTask } from './periodic-task.js';

const running: PeriodicTask[] = [];
const repeat = (work: () => Promise<void>): PeriodicTask => {
  const task = new PeriodicTask('a sweep', 5, work);
  running.push(task);
  task.start();
  return task;
};
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(running.splice(0).map((task) => task.stop()));
});

describe('repeated work', () => {
  it('runs one round at a time, and skips rounds that would start during a long one', async () => {
    let [rounds, atOnce, most] = [0, 0, 0];
    let finish: (() => void) | undefined;
    let ticks = 0;
    const clock = setInterval(() => (ticks += 1), 5);
    repeat(async () => {
      most = Math.max(most, (atOnce += 1));
      rounds += 1;
      if (rounds === 1) await new Promise<void>((resolve) => (finish = resolve));
      atOnce -= 1;
    });
    await eventually(() => expect(ticks).toBeGreaterThan(10));
    expect(rounds).toBe(1);
    const before = ticks;
    finish!();
    await eventually(() => expect(rounds).toBeGreaterThan(2));
    clearInterval(clock);
    expect(rounds).toBeLessThan(ticks - before + 5);
    expect(most).toBe(1);
  });

  it('continues after a failure, which is logged once, and again after a success', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const outcomes = ['fails', 'fails', 'fails', 'works', 'fails', 'fails'];
    let rounds = 0;
    repeat(async () => {
      if (outcomes[rounds++] === 'fails') throw new Error('the database is away');
    });
    await eventually(() => expect(rounds).toBeGreaterThan(outcomes.length));
    expect(warn.mock.calls).toEqual(
      Array.from({ length: 2 }, () => ['failed and will be repeated: the database is away']),
    );
  });

  it('that is stopped finishes its round and starts no other', async () => {
    let rounds = 0;
    let ended = 0;
    const task = repeat(async () => {
      rounds += 1;
      await new Promise((resolve) => setImmediate(resolve));
      ended += 1;
    });
    await eventually(() => expect(rounds).toBeGreaterThan(0));
    await task.stop();
    const [begun, done] = [rounds, ended];
    expect(done).toBe(begun);
    let ticks = 0;
    const clock = setInterval(() => (ticks += 1), 5);
    await eventually(() => expect(ticks).toBeGreaterThan(4));
    clearInterval(clock);
    expect(rounds).toBe(begun);
  });
});
