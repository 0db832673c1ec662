import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@sluice/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { everySecond } from './every-second.js';

let stop: () => Promise<void>;
afterEach(() => stop());

describe('every second', () => {
  it('begins at the whole second, plus the offset', async () => {
    const begun: number[] = [];
    stop = everySecond('test', async () => void begun.push(Date.now() % 1_000), 300);
    await eventually(() => expect(begun).toHaveLength(2), { withinMs: 5_000 });
    for (const ms of begun) expect(Math.abs(ms - 300)).toBeLessThan(100);
  });

  it('never begins a round during another one, and goes on after one that fails', async () => {
    let [running, most, rounds] = [0, 0, 0];
    stop = everySecond('test', async () => {
      most = Math.max(most, ++running);
      rounds += 1;
      await pause(rounds === 1 ? 1_500 : 0);
      running -= 1;
      if (rounds === 2) throw new Error('once');
    });
    await eventually(() => expect(rounds).toBe(3), { withinMs: 8_000 });
    expect(most).toBe(1);
  });
});
