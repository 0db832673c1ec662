import { expect, it } from 'vitest';
import { remaining } from './countdown.js';

it.each([
  ['just said', 1_000, 30],
  ['a moment later', 1_001, 30],
  ['a second later', 2_000, 29],
  ['long after', 99_000, 0],
])('counts down from when the server said it: %s', (_, now, left) => expect(remaining(30, 1_000, now)).toBe(left));
