import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { bars, drawingOf } from './drawing.js';
import { offerOrders } from './offer.js';

it('offers orders at a constant rate, and counts those that fail', async () => {
  let placed = 0;
  const place = async () => {
    if (++placed % 2 === 0) throw new Error('refused');
    return { completed: pause(20).then(() => {}) };
  };
  const system = { place, parts: {}, stop: async () => {} };
  const [second, ...others] = await offerOrders(system, { perSecond: 100, seconds: 1 });
  expect(others).toEqual([]);
  expect(placed).toBeGreaterThan(90);
  expect([second!.accepted.length + second!.failed, second!.lost]).toEqual([placed, 0]);
  expect(Math.min(...second!.waits)).toBeGreaterThanOrEqual(19);
});

it('draws the greatest value as the highest bar, and nothing as the lowest one', () => {
  expect(bars([0, 5, 10])).toBe('▁▅█');
  expect(bars([0, 0])).toBe('▁▁');
});

it('draws what became of the orders of each second', () => {
  const seconds = [
    { accepted: [100], failed: 0, lost: 0, waits: [1_000] },
    { accepted: [], failed: 2, lost: 0, waits: [] },
  ];
  const text = drawingOf('chain', 2, seconds).join('\n');
  expect(text).toMatch(/accepted +█▁ +at most 1\n/);
  expect(text).toMatch(/failed +▁█ +at most 2\n/);
  expect(text).toMatch(/completed +█▁ +at most 1\.0$/);
});
