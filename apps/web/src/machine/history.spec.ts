import { describe, expect, it } from 'vitest';
import { emptyHistory, remember } from './history.js';
import { queue, snapshot } from './testing/snapshots.js';

describe('the last minutes', () => {
  it('have a value for each second, and none for the time before a queue was there', () => {
    const first = remember(emptyHistory, snapshot(['orders'], [], [], '2026-01-01T00:00:00Z'));
    const second = remember(first, snapshot(['orders'], [queue('orders.events')], [], '2026-01-01T00:00:01Z'));
    expect(second.times).toHaveLength(2);
    expect(second.series.get('waiting orders.events')).toEqual([null, 0]);
    expect(second.series.get('placed')).toEqual([0, 0]);
  });

  it('are five', () => {
    let history = emptyHistory;
    for (let n = 0; n < 310; n++)
      history = remember(history, snapshot(['orders'], [], [], new Date(n * 1_000).toISOString()));
    expect([history.times.length, history.series.get('placed')!.length]).toEqual([300, 300]);
  });
});
