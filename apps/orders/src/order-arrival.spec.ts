import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expire, lapsed } from './deadline.js';
import { orderOf } from './order-row.js';
import { hasEnded } from './order-steps.js';
import type { Order } from './tables.js';
import {
  AT_NO_PRICE,
  COUPON,
  facts,
  applying,
  later,
  NOW,
  obstacles,
  placedOrder,
  refund,
  types,
  type Fact,
} from './testing/given.js';
import { expectLegal, WAY } from './testing/legal.js';

const FACTS: readonly Fact[] = Object.values(facts);
const OWN_FACTS = ['order.priced', 'order.awaiting_payment', 'order.paid', 'order.shipped', 'order.completed'];
const ENDS = ['order.rejected', 'order.cancelled'];

/** Each fact at least once, some more often, in any order. */
const arrivals = fc
  .array(fc.constantFrom(...FACTS), { maxLength: 12 })
  .chain((again) => fc.shuffledSubarray([...FACTS, ...again], { minLength: FACTS.length + again.length }));

/** The end of a payment window depends on its start, and the start on which fact arrived first. */
const timeless = (order: Order) => ({ ...order, payBy: order.payBy !== null });

const wayOf = (order: Order, received: readonly Fact[]): Order[] =>
  received.map((_, index) => applying(order, received.slice(0, index + 1)).order);

describe.each([
  ['without a coupon', undefined],
  ['with a coupon', COUPON],
])('whatever the order in which facts arrive, and however often, %s', (_, coupon) => {
  const placed = placedOrder({ coupon });
  const ownFacts = OWN_FACTS.filter((type) => coupon !== undefined || type !== 'order.priced');
  const asItHappens = applying(placed, FACTS);

  it('an order ends the same', () => {
    fc.assert(
      fc.property(arrivals, (received) => {
        const { order, history } = applying(placed, received);
        expect(timeless(order)).toEqual(timeless(asItHappens.order));
        expect(order).toMatchObject({ status: 'completed', total: coupon === undefined ? 3_800 : 3_300 });
        expect(history.map(({ type }) => type).sort()).toEqual(asItHappens.history.map(({ type }) => type).sort());
      }),
    );
  });

  it('it says each of its own facts exactly once, in their order, each with a version of its own', () => {
    fc.assert(
      fc.property(arrivals, (received) => {
        const { messages } = applying(placed, received);
        const own = messages.filter(({ contract }) => contract.kind === 'event');
        expect(types(own)).toEqual(ownFacts);
        const versions = own.map(({ contract, data }) => (contract.schema.parse(data) as { version: number }).version);
        expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
      }),
    );
  });

  it('its history has one entry per version, and the last says what it is', () => {
    fc.assert(
      fc.property(arrivals, (received) => {
        const { order, history } = applying(placed, received);
        expect([1, ...history.map(({ version }) => version)]).toEqual(
          Array.from({ length: order.version }, (_, index) => index + 1),
        );
        const ranks = history.map(({ status }) => WAY.indexOf(status));
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
        expect(history.at(-1)!.status).toBe(order.status);
      }),
    );
  });

  it('it is always in a legal state, and never goes back', () => {
    fc.assert(
      fc.property(arrivals, (received) => {
        const ways = wayOf(placed, received);
        ways.forEach(expectLegal);
        const ranks = ways.map(({ status }) => WAY.indexOf(status));
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      }),
    );
  });
});

/** The facts about an order that costs nothing, including those of an older version of payments. */
const FREE_FACTS = Object.entries(facts)
  .filter(([name]) => name !== 'paymentCaptured')
  .map(([, fact]) => fact);
const freeArrivals = fc
  .array(fc.constantFrom(...FREE_FACTS), { maxLength: 12 })
  .chain((again) => fc.shuffledSubarray([...FREE_FACTS, ...again], { minLength: FREE_FACTS.length + again.length }));

describe.each([
  [
    'its coupon takes off all that it costs',
    placedOrder({
      coupon: COUPON,
      shown: [{ sku: 'TEE', name: 'Tee', price: { amount: 250, currency: 'EUR' }, version: 2 }, AT_NO_PRICE[1]!],
    }),
  ],
  ['its products are given away', placedOrder({ shown: AT_NO_PRICE })],
])('an order that costs nothing, since %s', (_, placed) => {
  it('is paid as soon as it is priced, in whatever order facts arrive, and nobody is asked for money', () => {
    fc.assert(
      fc.property(freeArrivals, (received) => {
        wayOf(placed, received).forEach(expectLegal);
        const { order, messages } = applying(placed, received);
        expect(order).toMatchObject({ status: 'completed', total: 0, paymentId: null, paidAt: NOW });
        expect(types(messages.filter(({ contract }) => contract.kind === 'event'))).toEqual(
          OWN_FACTS.filter((type) => type !== 'order.awaiting_payment'),
        );
      }),
    );
  });

  it('is not touched by the end of a window or of a deadline', () => {
    const { order } = applying(placed, [facts.couponRedeemed, facts.payableOpened, facts.stockReserved]);
    expect(order.status).toBe('paid');
    for (const end of [obstacles.expired, obstacles.givenUp] as Fact[]) expect(end(order, NOW)).toEqual({});
  });

  it('goes on instead of being cancelled where it has waited since before this rule', () => {
    const { order } = applying(placed, [facts.couponRedeemed, facts.stockReserved]);
    const waiting = orderOf({ ...order, status: 'awaiting_payment', paidAt: null, payBy: NOW });
    const { order: after, messages } = expire(waiting, NOW);
    expect([after!.status, types(messages)]).toEqual(['paid', ['order.paid']]);
    expect(lapsed(after!, NOW)).toEqual({});
  });
});

/** Money is refunded only of an order that has ended. */
const refundOfEnded: Fact = (order, now) => (hasEnded(order) ? refund(order, now) : {});

/** The facts about money, which are recorded also when an order has ended. */
const MONEY: readonly Fact[] = [facts.paymentCaptured, refundOfEnded];

/** Some of the facts, and anything that ends the order, once or twice, in any order. */
const all = [...FACTS, ...Object.values(obstacles), refundOfEnded];
const adversities = fc.shuffledSubarray([...all, ...all]);

describe.each([
  ['without a coupon', undefined],
  ['with a coupon', COUPON],
])('whatever stands against an order, and whenever, %s', (_, coupon) => {
  const placed = placedOrder({ coupon });

  it('it is always in a legal state', () => {
    fc.assert(fc.property(adversities, (received) => wayOf(placed, received).forEach(expectLegal)));
  });

  it('it ends badly at most once, with all that goes back, and nothing but the way of its money is told after that', () => {
    fc.assert(
      fc.property(adversities, (received) => {
        const { order, messages, history } = applying(placed, received);
        const ends = messages.filter(({ contract }) => ENDS.includes(contract.type));
        expect(types(ends)).toEqual(WAY.includes(order.status) ? [] : [`order.${order.status}`]);
        if (ends[0])
          expect(ends[0].data).toMatchObject({
            lines: order.lines,
            allocation: order.allocation ?? [],
            ...(coupon !== undefined && { coupon }),
          });
        const timeline = history.map(({ type }) => type);
        const rest = timeline.slice(timeline.findIndex((type) => ENDS.includes(type)) + 1);
        if (ends[0])
          expect(['', 'payment.refunded', 'order.paid_too_late', 'order.paid_too_late,payment.refunded']).toContain(
            rest.join(),
          );
      }),
    );
  });

  it('it says no other fact of its own twice, and its history leads from step to step', () => {
    fc.assert(
      fc.property(adversities, (received) => {
        const { order, messages, history } = applying(placed, received);
        const own = types(messages).filter((type) => OWN_FACTS.includes(type) || ENDS.includes(type));
        expect(own).toEqual([...new Set(own)]);
        expect([1, ...history.map(({ version }) => version)]).toEqual(
          Array.from({ length: order.version }, (_, index) => index + 1),
        );
        const ranks = history.map(({ status }) => (WAY.includes(status) ? WAY.indexOf(status) : WAY.length));
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
        expect(history.at(-1)?.status ?? placed.status).toBe(order.status);
      }),
    );
  });

  it('nothing that comes later wakes it up', () => {
    fc.assert(
      fc.property(adversities, adversities, (before, after) => {
        const { order } = applying(placed, before);
        fc.pre(order.status === 'rejected' || order.status === 'cancelled');
        expect(applying(order, after, later(100_000)).order).toMatchObject({
          status: order.status,
          reason: order.reason,
          payBy: order.payBy,
          parcels: order.parcels,
        });
        expect(
          applying(
            order,
            after.filter((fact) => !MONEY.includes(fact)),
            later(100_000),
          ),
        ).toEqual({ order, history: [], messages: [] });
      }),
    );
  });
});
