import { expect, it } from 'vitest';
import { UnheardFacts } from './unheard-facts.js';

it('a fact that nobody heard is left out for a second from its publish on, and no other', () => {
  let now = 10_000;
  const unheard = new UnheardFacts(() => now);
  expect(unheard.has('points.earned')).toBe(false);
  unheard.add('points.earned', 9_500);
  const isLeftOutAt = (ms: number): boolean => {
    now = ms;
    return unheard.has('points.earned');
  };
  expect([10_000, 10_499, 10_500].map(isLeftOutAt)).toEqual([true, true, false]);
  now = 10_000;
  expect(unheard.has('stock.issued')).toBe(false);
});
