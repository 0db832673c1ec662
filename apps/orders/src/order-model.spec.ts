import type { Outgoing } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announceOrder } from './order-facts.js';
import { hasEnded } from './order-steps.js';
import { BOTH_WAREHOUSES, DEADLINE_SECONDS, types, WINDOW_SECONDS } from './testing/given.js';
import { expectLegal, WAY } from './testing/legal.js';
import { World, type Setting } from './testing/world.js';

const ONE_WAREHOUSE = [
  { sku: 'TEE', warehouse: 'east' as const, quantity: 2 },
  { sku: 'MUG', warehouse: 'east' as const, quantity: 1 },
];
const PERIODS_SECONDS = [30, 61, WINDOW_SECONDS, DEADLINE_SECONDS];

const settings: fc.Arbitrary<Setting> = fc.record({
  coupon: fc.boolean(),
  givenAway: fc.constantFrom(false, false, false, true),
  payWithinSeconds: fc.constantFrom(undefined, 60),
  promotionsSleeps: fc.boolean(),
  inStock: fc.constantFrom(true, true, true, false),
  allocation: fc.constantFrom(ONE_WAREHOUSE, BOTH_WAREHOUSES),
  couponIsGood: fc.constantFrom(true, true, false),
  couponIsWorth: fc.constantFrom(500, 500, 3_800),
  cardIsGood: fc.constantFrom(true, true, true, false),
  reach: fc.constantFrom('preparing' as const, 'dispatched' as const, 'delivered' as const),
});

type Act = (world: World, pick: number) => unknown;

/** Actions that a run chooses from. */
const ACTS = {
  deliver: (world, pick) => world.deliver(pick),
  deliverAgain: (world, pick) => world.deliver(pick, { again: true }),
  pay: (world) => world.pay(),
  cancel: (world) => world.cancel(),
  /** Without this condition nearly all orders would be cancelled before they are paid. */
  cancelWhenPaid: (world) => world.orders.order?.paidAt && world.cancel(),
  wait: (world, pick) => world.wait(PERIODS_SECONDS[pick % PERIODS_SECONDS.length]!),
  sweep: (world) => world.sweep(),
  loseTimers: (world) => world.loseTimers(),
} satisfies Record<string, Act>;
const WEIGHTS: Record<keyof typeof ACTS, number> = {
  deliver: 48,
  deliverAgain: 6,
  pay: 6,
  cancelWhenPaid: 6,
  cancel: 1,
  wait: 2,
  sweep: 1,
  loseTimers: 1,
};
const acts = Object.entries(WEIGHTS).map(([act, weight]) => ({
  weight,
  arbitrary: fc.constant(act as keyof typeof ACTS),
}));
const choice = fc.record({ act: fc.oneof(...acts), pick: fc.nat(11) });
const lives = fc.tuple(settings, fc.array(choice, { maxLength: 80, size: 'max' }));
type Life = typeof lives extends fc.Arbitrary<infer L> ? L : never;

function live([setting, choices]: Life, look: (world: World) => void = () => undefined): World {
  const world = new World(setting);
  for (const { act, pick } of choices) {
    ACTS[act](world, pick);
    look(world);
  }
  world.runToEnd();
  return world;
}

const isAlive = ({ orders }: World): boolean => ['paid', 'shipped', 'completed'].includes(orders.order!.status);

describe('an order among others who keep their word, whatever is delivered when, and however often', () => {
  const always = (title: string, holds: (world: World, setting: Setting) => void) =>
    it(title, () =>
      fc.assert(
        fc.property(lives, (life) => holds(live(life), life[0])),
        { numRuns: 400 },
      ),
    );

  it('is in a legal state at every moment', () => {
    fc.assert(
      fc.property(lives, (life) => void live(life, ({ orders: { order } }) => order && expectLegal(order))),
      { numRuns: 100 },
    );
  });

  always('is never stuck: it ends, or it is paid and as far as its parcels are', (world, { reach }) => {
    const { status, cancellationRequestedAt } = world.orders.order!;
    expect([
      'rejected',
      'cancelled',
      { preparing: 'paid', dispatched: 'shipped', delivered: 'completed', halted: '' }[reach],
    ]).toContain(status);
    if (isAlive(world)) expect(cancellationRequestedAt).toBeNull();
  });

  always('has its money if it is alive, and none if it is not', (world) => {
    const { captured, refunded } = world.payments;
    expect(captured - refunded).toBe(isAlive(world) ? world.orders.order!.total : 0);
    expect(world.orders.order!.refundedAt !== null).toBe(refunded > 0);
  });

  always(
    'asks for money and waits for it only where there is something to pay',
    (world, { givenAway, coupon, couponIsWorth }) => {
      const { sent, order } = world.orders;
      const free = givenAway || (coupon && couponIsWorth === 3_800);
      expect(types(sent).includes('order.awaiting_payment') && free).toBe(false);
      if (free)
        expect([world.payments.captured, world.payments.refunded, order!.reason === 'payment_timeout']).toEqual([
          0,
          0,
          false,
        ]);
    },
  );

  always('announces again each fact that it has published, and of an ended order not its beginning', (world) => {
    const { order, history, sent } = world.orders;
    const past = history.map((entry) => ({ ...entry, at: entry.at.toISOString() }));
    const beginning = hasEnded(order!) ? ['order.placed', 'order.priced'] : [];
    const facts = sent.filter(({ contract: { kind, type } }) => kind === 'event' && !beginning.includes(type));
    const typesAndData = (messages: readonly Outgoing[] = []) =>
      messages.map(({ contract: { type }, data }) => ({ type, data }));
    expect(typesAndData(announceOrder(order!, past).messages)).toEqual(typesAndData(facts));
  });

  always('says that its money was taken, once, whenever it was', (world) => {
    const { order, sent } = world.orders;
    const paymentFacts = types(sent).filter((type) => ['order.paid', 'order.paid_too_late'].includes(type));
    if (order!.total > 0)
      expect([order!.paidAt !== null, paymentFacts.length]).toEqual(
        world.payments.captured > 0 ? [true, 1] : [false, 0],
      );
  });

  always('has its stock if it is alive, and none if it is not', (world, { allocation }) => {
    expect(world.inventory.held).toEqual(isAlive(world) ? allocation : []);
  });

  always('has used its coupon if it is alive, and not if it is not', (world, { coupon, couponIsWorth }) => {
    const { discount, subtotal } = world.orders.order!;
    expect(world.promotions.isRedeemed).toBe(coupon && isAlive(world));
    if (isAlive(world)) expect(discount).toBe(coupon ? Math.min(couponIsWorth, subtotal) : 0);
  });

  always('sends all its parcels or halts all of them', (world, { allocation }) => {
    const fates = [...world.logistics.parcels.values()];
    expect(fates.includes('halted') && fates.some((fate) => fate !== 'halted')).toBe(false);
    expect(fates.length > 0 && !fates.includes('halted')).toBe(isAlive(world));
    expect(new Map(world.orders.order!.parcels.map(({ warehouse, status }) => [warehouse, status]))).toEqual(
      world.logistics.parcels,
    );
    if (isAlive(world)) expect(fates).toHaveLength(new Set(allocation.map(({ warehouse }) => warehouse)).size);
  });

  always('says how it ended exactly once, and its history leads there step by step', (world) => {
    const { order, history } = world.orders;
    const ends = types(world.orders.sent).filter((type) => ['order.rejected', 'order.cancelled'].includes(type));
    expect(ends).toEqual(isAlive(world) ? [] : [`order.${order!.status}`]);
    expect(history.map(({ version }) => version)).toEqual(
      Array.from({ length: order!.version }, (_, index) => index + 1),
    );
    const ranks = history.map(({ status }) => (WAY.includes(status) ? WAY.indexOf(status) : WAY.length));
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    expect(history.at(-1)!.status).toBe(order!.status);
  });
});

it('tries every way there is for an order to go', () => {
  const seen = new Set<string>();
  for (const life of fc.sample(lives, { seed: 1, numRuns: 3_000 })) {
    const { orders, logistics } = live(life);
    const { order, sent } = orders;
    seen.add(`${order!.status} ${order!.reason ?? ''}`.trim());
    if (order!.refundedAt) seen.add(logistics.parcels.size > 0 ? 'refunded after a halt' : 'refunded without parcels');
    if (types(sent).includes('order.cancellation_refused')) seen.add(`${order!.status} after all`);
    if (order!.total === 0 && order!.paidAt) seen.add(`${order!.status} for nothing`);
    if (types(sent).includes('order.paid_too_late')) seen.add('paid too late');
    if (order!.status === 'rejected' && order!.refundedAt) seen.add('rejected and refunded');
    if (!types(sent).includes('order.placed')) seen.add('cancelled before it came');
  }
  expect([...seen].sort()).toEqual([
    'cancelled before it came',
    'cancelled customer',
    'cancelled for nothing',
    'cancelled payment_timeout',
    'cancelled processing_timeout',
    'completed',
    'completed after all',
    'completed for nothing',
    'paid',
    'paid for nothing',
    'paid too late',
    'refunded after a halt',
    'refunded without parcels',
    'rejected and refunded',
    'rejected coupon_rejected',
    'rejected out_of_stock',
    'shipped',
    'shipped after all',
    'shipped for nothing',
  ]);
});
