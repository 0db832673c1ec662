import { describe, expect, it } from 'vitest';
import { appendTry, historyOf, type FailedTry } from './history.js';

const tried = (n: number): FailedTry => ({ at: new Date(n * 1_000).toISOString(), reason: `try ${n}` });

describe('the history of a message', () => {
  it('keeps the first try and the last ones when there are very many', () => {
    const history = Array.from({ length: 50 }, (_, n) => tried(n)).reduce<FailedTry[]>(
      (all, one) => appendTry(all, one),
      [],
    );
    expect(history).toHaveLength(20);
    expect(history[0]).toEqual(tried(0));
    expect(history.slice(1)).toEqual(Array.from({ length: 19 }, (_, n) => tried(31 + n)));
  });

  it('limits the length of each reason', () => {
    expect(appendTry([], { at: 'now', reason: 'x'.repeat(10_000) })[0]!.reason).toHaveLength(300);
  });

  it('is empty for an invalid header', () => {
    for (const history of [undefined, 'long', {}, [null, 1, { at: 1, reason: 'x' }]])
      expect(historyOf({ history })).toEqual([]);
  });
});
