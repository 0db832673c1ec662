import { expect, it } from 'vitest';
import { median, quantile } from './statistics.js';

it('has a median between two rounds, the middle one of three, and none of nothing', () => {
  expect(median([10, 30])).toBe(20);
  expect(median([9, 1, 5])).toBe(5);
  expect(median([])).toBeNaN();
});

it('returns a value that was measured as the quantile', () => {
  expect([0, 0.5, 0.99].map((share) => quantile([4, 1, 3, 2], share))).toEqual([1, 3, 4]);
});
