import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { drawing, offerOrders } from './offer.js';

it('offers orders at a constant rate, and counts those that fail', async () => {
  let placed = 0;
  const place = async () => {
    if (++placed % 2 === 0) throw new Error('refused');
    return { completed: pause(20).then(() => {}) };
  };
  const system = { place, parts: {}, stop: async () => {} };
  const { accepted, failed, lost, waits } = await offerOrders(system, { perSecond: 100, seconds: 1 });
  expect(placed).toBeGreaterThan(90);
  expect([accepted.length + failed, lost]).toEqual([placed, 0]);
  expect(Math.min(...waits.flat())).toBeGreaterThanOrEqual(19);
});

it('draws the greatest value as the highest bar', () => expect(drawing([0, 5, 10])).toBe('▁▅█'));
