import { describe, expect, it } from 'vitest';
import { ConcurrencyLimit } from './concurrency-limit.js';

describe('a concurrency limit', () => {
  it('runs at most so many calls at a time, in order, also when one fails', async () => {
    const limit = new ConcurrencyLimit(2);
    const begun: number[] = [];
    const finish: (() => void)[] = [];
    const all = Array.from({ length: 6 }, (_, n) =>
      limit.run(async () => {
        begun.push(n);
        await new Promise<void>((resolve) => (finish[n] = resolve));
        if (n % 2 === 0) throw new Error(`${n} fails`);
        return n;
      }),
    );
    const settled = Promise.allSettled(all);
    for (let done = 0; done < 6; done++) {
      expect(begun).toEqual([0, 1, 2, 3, 4, 5].slice(0, done + 2));
      finish[done]!();
      await new Promise(setImmediate);
    }
    expect((await settled).map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    await expect(limit.run(async () => 'free again')).resolves.toBe('free again');
  });
});
