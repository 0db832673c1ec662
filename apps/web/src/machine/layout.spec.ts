import { describe, expect, it } from 'vitest';
import type { Snapshot } from './feed.js';
import { emptyHistory, remember } from './history.js';
import { arrowsOf, heightOf, placesOf, rateOf, widthOf } from './layout.js';

const queue = (name: string, exchange = 'shop.events', arriving = 0) => ({
  ...{ queue: name, service: name.split('.')[0]!, exchange, ready: 0, consumers: 1, unacknowledged: 0, held: 0 },
  ...{ paused: false, in: arriving, out: 0, handled: 0, retries: 0, dead: 0 },
});
const service = (name: string) => ({ service: name, processes: [], requests: { perSecond: 0 } });
const snapshot = (
  names: string[],
  queues: ReturnType<typeof queue>[] = [],
  sent: Snapshot['sent'] = [],
  at = '2026-01-01T00:00:00Z',
): Snapshot => ({
  ...{ at, services: names.map(service), queues, sent, types: [], dependencies: [], invariants: [] },
  orders: { placedPerSecond: 0, completedPerSecond: 0 },
});

describe('the picture', () => {
  it('places every service once, without overlap, and services that it does not know too', () => {
    const names = ['gateway', 'orders', 'payments', 'loyalty', 'weather'];
    const now = snapshot(names, [queue('orders.events'), queue('orders.commands'), queue('loyalty.events')]);
    const services = placesOf(now).filter(({ kind }) => kind === 'service');
    expect(services.map(({ id }) => id).sort()).toEqual([...names].sort());
    for (const x of new Set(services.map((one) => one.x))) {
      const column = services.filter((one) => one.x === x).sort((one, other) => one.y - other.y);
      column.slice(1).forEach(({ y }, index) => {
        const above = column[index]!;
        expect(y).toBeGreaterThan(above.y + heightOf(above.queues.length));
      });
    }
  });

  it('has an arrow to each queue but those for operators, and one from each service that sends', () => {
    const sent = [
      { service: 'orders', exchange: 'shop.events', perSecond: 3 },
      { service: 'orders', exchange: 'shop.retry-tier.1000', perSecond: 1 },
      { service: 'orders', exchange: 'shop.retry-tier.10000', perSecond: 2 },
    ];
    const now = snapshot(['orders'], [queue('orders.events', 'shop.events', 7), queue('orders.ops')], sent);
    const arrows = arrowsOf(placesOf(now), now);
    expect(arrows.map((arrow) => [arrow.id, rateOf(arrow, now)])).toEqual([
      ['orders→shop.events', 3],
      ['orders→retry', 3],
      ['→orders.events', 7],
    ]);
  });

  it('draws an arrow wider the more flows along it, and never without bounds', () => {
    const widths = [0, 1, 10, 100, 1_000, 1e9].map(widthOf);
    expect(widths).toEqual([...widths].sort((one, other) => one - other));
    expect(widths.at(-1)).toBeLessThanOrEqual(12);
  });
});

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
