import { expect, it } from 'vitest';
import { SCHEDULE, tiersOf } from './schedule.js';

const HOUR_MS = 3_600_000;

it('a message is retried three times within 71 seconds', () =>
  expect(tiersOf('events', false, SCHEDULE)).toEqual([1_000, 10_000, 60_000]));

it('a call to an external provider is retried in growing steps for a day', () => {
  const times = tiersOf('captures', true, SCHEDULE);
  expect(times.slice(0, 6)).toEqual([1_000, 10_000, 60_000, 600_000, HOUR_MS, HOUR_MS]);
  const total = times.reduce((sum, ms) => sum + ms, 0);
  expect([total >= 24 * HOUR_MS, total < 25 * HOUR_MS]).toEqual([true, true]);
});

it('the day can be configured for each queue', () => {
  const schedule = { retryTiersMs: [1, 2], outsideTiersMs: [10], outsideForMs: { captures: 33 } };
  expect(tiersOf('captures', true, schedule)).toEqual([1, 2, 10, 10, 10]);
  expect(tiersOf('captures', false, schedule)).toEqual([1, 2]);
  expect(tiersOf('captures', true, { ...schedule, retryTiersMs: [], outsideTiersMs: [] })).toEqual([]);
});
