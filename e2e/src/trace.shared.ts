import { eventually } from '@sluice/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CollectedSpan, Collector } from './collector.js';
import type { Shop } from './shop.js';
import { IS_TRACED, sharedCollector, tracedShop } from './traced-shop.js';

/** Card whose charge fails twice, after 1 s and after 10 s, and then succeeds. */
const UNRELIABLE_CARD = '4000000000000119';

const withoutPublishes = (path: readonly string[]): string[] =>
  path.filter((step, index) => index === path.length - 1 || !step.endsWith(' publish'));

describe.runIf(IS_TRACED)('one trace', () => {
  let collector: Collector;
  let shop: Shop;
  let customer: string;

  beforeAll(async () => {
    let admin: string;
    ({ shop, customer, admin } = await tracedShop.open());
    collector = await sharedCollector();
    await shop.stock(admin, 'TEE', { east: 10 });
  });

  /**
   * Waits for a span with one of these paths from the request; on failure prints the existing paths. Publishes before
   * the last step are not compared: a fact that travels in a batch has none of its own
   * (libs/messaging/src/tracing.spec.ts).
   */
  const spanWithPath = (...wanted: string[][]): Promise<CollectedSpan> =>
    eventually(
      () => {
        const [service, name] = (wanted[0]!.at(-1) ?? '').split(': ') as [string, string];
        const found = collector.find(service, name);
        const paths = found.map((span) => withoutPublishes(collector.path(span)).join());
        const one = paths.findIndex((path) => wanted.some((way) => withoutPublishes(way).join() === path));
        expect(one, `none of:\n${paths.join('\n')}`).not.toBe(-1);
        return found[one]!;
      },
      { withinMs: 20_000 },
    );

  const PLACED = [
    'gateway: POST /orders',
    'gateway: orders.place request',
    'gateway: orders.place publish',
    'orders: orders.place process',
    'orders: order.placed publish',
  ];
  const RESERVED = [
    ...PLACED,
    'inventory: order.placed process',
    'inventory: stock.reserved publish',
    'orders: stock.reserved process',
  ];
  const OPENED = [
    ...PLACED,
    'payments: order.placed process',
    'payments: payable.opened publish',
    'orders: payable.opened process',
  ];

  // Both wait for timers, so they wait side by side.
  it.concurrent('goes from the request through every outbox and the payment window to the returned stock', async () => {
    const id = await shop.placeForSure(customer, 'TEE');
    await shop.reaches(customer, id, 'cancelled');
    await Promise.all([spanWithPath(RESERVED), spanWithPath(OPENED)]);
    // The later of the two makes the order payable.
    const lapsing = [
      'orders: orders.expire-payment publish',
      'orders: orders.expire-payment process',
      'orders: payments.close publish',
      'payments: payments.close process',
      'payments: payable.voided publish',
      'orders: payable.voided process',
      'orders: order.cancelled publish',
      'inventory: order.cancelled process',
      'inventory: stock.released publish',
    ];
    const ended = await spanWithPath([...RESERVED, ...lapsing], [...OPENED, ...lapsing]);
    expect(ended.attributes).toMatchObject({ 'messaging.destination.name': 'shop.events' });
  });

  it.concurrent(
    'contains every attempt of a payment with a slow card gateway, none of them counted as failed',
    async () => {
      const id = await shop.placeForSure(customer, 'TEE');
      await shop.reaches(customer, id, 'awaiting_payment');
      expect((await shop.pay(customer, id, UNRELIABLE_CARD)).status).toBe(202);
      const way = [
        'gateway: POST /orders/:id/payment',
        'gateway: payments.pay request',
        'gateway: payments.pay publish',
        'payments: payments.pay process',
        'payments: payments.capture process',
      ];
      const captured = await spanWithPath([...way, 'payments: payment.captured publish']);
      const tries = collector
        .find('payments', 'payments.capture process')
        .filter((span) => span.traceId === captured.traceId);
      const held = Array<unknown>(5).fill([way, 0, 'hold']);
      expect(
        tries.map((span) => [
          collector.path(span),
          span.attributes['sluice.attempts'],
          span.attributes['sluice.ending'],
        ]),
      ).toEqual([...held, [way, 0, 'ack']]);
    },
  );
});
