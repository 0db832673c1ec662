import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from './random.js';

const seed = fc.integer({ min: 1, max: 999_999 });
const some = (random: Random, count: number) => Array.from({ length: count }, () => random.next());

describe('seeded numbers', () => {
  it('are the same for the same seed, and others for another', () => {
    fc.assert(
      fc.property(seed, (n) => {
        expect(some(new Random(n), 20)).toEqual(some(new Random(n), 20));
        expect(some(new Random(n), 20)).not.toEqual(some(new Random(n + 1), 20));
      }),
    );
  });

  it('are those of Mulberry32', () => {
    expect(some(new Random(1), 3)).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
  });

  it('lie between what was asked for, both ends included, and spread over it', () => {
    fc.assert(
      fc.property(seed, (n) => {
        const random = new Random(n);
        const counts = new Map([3, 4, 5, 6].map((n) => [n, 0]));
        for (let i = 0; i < 4_000; i++) {
          const n = random.between(3, 6);
          counts.set(n, (counts.get(n) ?? 0) + 1);
        }
        expect(counts.size).toBe(4);
        expect([...counts.values()].every((count) => count > 800 && count < 1_200)).toBe(true);
      }),
    );
  });

  it('shuffle without losing or doubling anything', () => {
    fc.assert(
      fc.property(seed, fc.uniqueArray(fc.integer()), (n, items) => {
        expect(new Random(n).shuffled(items).sort()).toEqual([...items].sort());
      }),
    );
  });

  it('choose by weight, and never what weighs nothing', () => {
    const random = new Random(7);
    const counts = { often: 0, seldom: 0, never: 0 };
    for (let i = 0; i < 4_000; i++) counts[random.weighted({ often: 9, seldom: 1, never: 0 })]++;
    expect(counts.never).toBe(0);
    expect(counts.often / counts.seldom).toBeGreaterThan(6);
  });
});
