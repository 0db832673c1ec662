import { expect, it } from 'vitest';
import { totalAt, type Sample } from './pulses.js';

const samples: Sample[] = [
  { at: 1_000, totals: { commits: 10 } },
  { at: 2_000, totals: { commits: 30 } },
  { at: 3_000, totals: { commits: 30, sent: 4 } },
];

it('a total between two pulses grows evenly, and stays what it is before the first and after the last', () => {
  expect([500, 1_000, 1_500, 2_000, 2_500, 9_000].map((time) => totalAt(samples, 'commits', time))).toEqual([
    10, 10, 20, 30, 30, 30,
  ]);
});

it('a total that a process has not yet had is nothing', () =>
  expect([1_500, 2_500, 3_000].map((time) => totalAt(samples, 'sent', time))).toEqual([0, 2, 4]));
