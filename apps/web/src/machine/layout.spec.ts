import { describe, expect, it } from 'vitest';
import { arrowsOf, heightOf, placesOf, rateOf, widthOf } from './layout.js';
import { queue, snapshot } from './testing/snapshots.js';

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
      ['orders→events', 3],
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
