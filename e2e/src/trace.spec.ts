import { eventually, startSystem, type System } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCollector, type CollectedSpan, type Collector } from './collector.js';
import { ADMIN, Shop } from './shop.js';

/** Long enough to be paid within on a busy machine. */
const WINDOW_SECONDS = 4;
/** Fails twice, after 1 s and after 10 s, and then pays. */
const UNRELIABLE_CARD = '4000000000000119';

// Containers cannot reach a collector on this machine's loopback.
describe.skipIf(process.env['E2E_IN_CONTAINERS'] === 'true')('one trace', () => {
  let collector: Collector;
  let system: System;
  let shop: Shop;
  let customer: string;

  beforeAll(async () => {
    collector = await startCollector();
    system = await startSystem({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '200',
      PAYMENT_WINDOW_SECONDS: String(WINDOW_SECONDS),
    });
    shop = new Shop(system.url);
    customer = await shop.signIn();
    await shop.stock(await shop.signIn(ADMIN), 'TEE', { east: 10 });
  });
  afterAll(async () => {
    await system?.close();
    await collector?.close();
  });

  /** Waits for a span of that name whose way from the request is this one; fails with the ways that there are. */
  const came = (way: string[]): Promise<CollectedSpan> =>
    eventually(
      () => {
        const [service, name] = (way.at(-1) ?? '').split(': ') as [string, string];
        const found = collector.find(service, name);
        const ways = found.map(collector.path);
        expect(ways).toContainEqual(way);
        return found[ways.findIndex((each) => each.join() === way.join())]!;
      },
      { withinMs: 20_000 },
    );

  const OPENED = [
    'gateway: POST /orders',
    'gateway: orders.place request',
    'gateway: orders.place publish',
    'orders: orders.place process',
    'orders: order.placed publish',
    'inventory: order.placed process',
    'inventory: stock.reserved publish',
    'orders: stock.reserved process',
    'orders: order.priced publish',
    'payments: order.priced process',
    'payments: payable.opened publish',
    'orders: payable.opened process',
  ];

  it('goes from the request through every outbox, and through the payment window, to the cancellation and the stock that comes back', async () => {
    const id = await shop.placeForSure(customer, 'TEE');
    await shop.reaches(customer, id, 'cancelled');
    const ended = await came([
      ...OPENED,
      'orders: orders.expire-payment publish',
      'orders: orders.expire-payment process',
      'orders: payments.close publish',
      'payments: payments.close process',
      'payments: payable.voided publish',
      'orders: payable.voided process',
      'orders: order.cancelled publish',
      'inventory: order.cancelled process',
      'inventory: stock.released publish',
    ]);
    expect(ended.attributes).toMatchObject({ 'messaging.destination.name': 'shop.events' });
  });

  it('shows every try of a payment whose card gateway gives no answer for a while, and that it is charged for none', async () => {
    const id = await shop.placeForSure(customer, 'TEE');
    await shop.reaches(customer, id, 'awaiting_payment');
    expect((await shop.pay(customer, id, UNRELIABLE_CARD)).status).toBe(202);
    const way = [
      'gateway: POST /orders/:id/payment',
      'gateway: payments.pay request',
      'gateway: payments.pay publish',
      'payments: payments.pay process',
      'payments: payments.capture publish',
      'payments: payments.capture process',
    ];
    const captured = await came([...way, 'payments: payment.captured publish']);
    const tries = collector
      .find('payments', 'payments.capture process')
      .filter((span) => span.traceId === captured.traceId);
    const held = Array<unknown>(5).fill([way, 0, 'hold']);
    expect(
      tries.map((span) => [collector.path(span), span.attributes['sluice.attempts'], span.attributes['sluice.ending']]),
    ).toEqual([...held, [way, 0, 'ack']]);
  });
});
