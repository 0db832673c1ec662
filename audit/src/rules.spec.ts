import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Merged } from './merge.js';
import { RULES, type OrderRows } from './rules.js';

/** The rows of one order; their ids are the same everywhere, and left out. */
type Rows = { [Name in keyof OrderRows]?: Omit<OrderRows[Name], 'id'> | undefined };
const withId = (rows: Rows) => ({ id, ...rows }) as Merged<OrderRows>;

const id = '00000000-0000-7000-8000-000000000001';
const sale = '00000000-0000-7000-8000-00000000000a';
const orderIs = (status: OrderRows['order']['status'], more = {}) => ({
  status,
  total: 2_599,
  hasCoupon: false,
  saleId: null,
  warehouses: 2,
  ...more,
});
const parcels = (made: number, halted: number, gone: number, delivered: number) => ({ made, halted, gone, delivered });

/** What is in order, by what the order is. */
const SOUND = {
  pending: { order: orderIs('pending', { warehouses: 0 }) },
  awaiting_payment: { order: orderIs('awaiting_payment'), reservation: { holds: true } },
  paid: { order: orderIs('paid'), reservation: { holds: true }, money: { net: 2_599 }, parcels: parcels(2, 0, 1, 0) },
  shipped: {
    order: orderIs('shipped'),
    reservation: { holds: false },
    money: { net: 2_599 },
    parcels: parcels(2, 0, 2, 1),
  },
  completed: {
    order: orderIs('completed'),
    reservation: { holds: false },
    money: { net: 2_599 },
    parcels: parcels(2, 0, 2, 2),
    earning: { points: 25 },
  },
  rejected: { order: orderIs('rejected', { warehouses: 0 }), reservation: { holds: false } },
  cancelled: {
    order: orderIs('cancelled'),
    reservation: { holds: false },
    money: { net: 0 },
    parcels: parcels(2, 2, 0, 0),
  },
  sold: {
    order: orderIs('shipped', { saleId: sale, hasCoupon: true }),
    money: { net: 2_599 },
    parcels: parcels(2, 0, 2, 0),
    win: { saleId: sale, state: 'paid' },
    redemption: { redeemed: true },
  },
  unsold: {
    order: orderIs('cancelled', { saleId: sale, hasCoupon: true }),
    win: { saleId: sale, state: 'expired' },
    redemption: { redeemed: false },
  },
} satisfies Record<string, Rows>;

const brokenBy = (known: Rows) =>
  Object.entries(RULES).flatMap(([invariant, rules]) =>
    Object.entries(rules)
      .filter(([, rule]) => !rule(withId(known)))
      .map(([name]) => `${invariant}.${name}`),
  );

it.each(Object.entries(SOUND))('nothing is wrong with what is %s', (_name, known) => {
  expect(brokenBy(known)).toEqual([]);
});

it('of a pending order nobody knows yet whether it has its stock, its coupon and its piece of a sale', () => {
  const order = orderIs('pending', { hasCoupon: true, saleId: sale });
  const known = fc.record({
    reservation: fc.constantFrom(undefined, { holds: true }),
    redemption: fc.constantFrom(undefined, { redeemed: true }),
    win: fc.constantFrom(undefined, { saleId: sale, state: 'held' as const }),
  });
  fc.assert(fc.property(known, (others) => brokenBy({ order, ...others }).length === 0));
});

it('money is right for no other amount than that of a sold order, and zero for any other', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.values(SOUND)), fc.integer({ min: -10_000, max: 10_000 }), (known, net) => {
      const right = net === (['paid', 'shipped', 'completed'].includes(known.order.status) ? 2_599 : 0);
      expect(RULES.money.kept_for_sold_orders(withId({ ...known, money: { net } }))).toBe(right);
    }),
  );
});

describe.each<[name: string, ...cases: Rows[]]>([
  [
    'stock.reserved_for_orders',
    { ...SOUND.paid, reservation: undefined },
    { ...SOUND.cancelled, reservation: { holds: true } },
    { ...SOUND.shipped, reservation: { holds: true } },
  ],
  [
    'money.kept_for_sold_orders',
    { ...SOUND.paid, money: undefined },
    { ...SOUND.cancelled, money: { net: 2_599 } },
    { ...SOUND.paid, money: { net: 5_198 } },
  ],
  [
    'money.coupons_redeemed_for_orders',
    { ...SOUND.sold, redemption: undefined },
    { ...SOUND.unsold, redemption: { redeemed: true } },
    { ...SOUND.paid, redemption: { redeemed: true } },
  ],
  [
    'money.points_for_completed_orders',
    { ...SOUND.completed, earning: undefined },
    { ...SOUND.shipped, earning: { points: 25 } },
    { ...SOUND.completed, earning: { points: 26 } },
  ],
  ['orders.exist', { announced: { sms: 0, inbox: 0 } }, { reservation: { holds: false } }],
  [
    'orders.have_their_parcels',
    { ...SOUND.paid, parcels: undefined },
    { ...SOUND.paid, parcels: parcels(1, 0, 0, 0) },
    { ...SOUND.shipped, parcels: parcels(2, 0, 1, 0) },
    { ...SOUND.completed, parcels: parcels(2, 0, 2, 1) },
    { ...SOUND.cancelled, parcels: parcels(2, 1, 1, 0) },
    { ...SOUND.awaiting_payment, parcels: parcels(1, 0, 0, 0) },
  ],
  ['sales.wins_are_orders', { order: orderIs('cancelled'), win: { saleId: sale, state: 'expired' } }],
  [
    'sales.orders_are_wins',
    { ...SOUND.sold, win: undefined },
    { ...SOUND.sold, win: { saleId: sale, state: 'held' } },
    { ...SOUND.unsold, win: { saleId: sale, state: 'held' } },
  ],
  [
    'notifications.one_per_fact_and_channel',
    { ...SOUND.paid, facts: { sms: 2, inbox: 2 }, announced: { sms: 2, inbox: 3 } },
    { ...SOUND.paid, facts: { sms: 2, inbox: 2 }, announced: { sms: 1, inbox: 2 } },
    { ...SOUND.paid, announced: { sms: 0, inbox: 1 } },
  ],
])('%s', (name, ...cases) => {
  it.each(cases.map((known) => [known]))('is broken, and nothing else is: case %#', (known) => {
    expect(brokenBy(known)).toEqual([name]);
  });
});
