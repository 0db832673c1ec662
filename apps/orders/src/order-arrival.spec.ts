import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { facts, hearing, placedOrder, type Fact } from './testing/given.js';

const FACTS: readonly Fact[] = Object.values(facts);
const OWN_FACTS = ['order.priced', 'order.awaiting_payment', 'order.paid', 'order.shipped', 'order.completed'];
const STATUSES = ['pending', 'awaiting_payment', 'paid', 'shipped', 'completed'];

/** Every fact at least once, some more often, in any order. */
const arrivals = fc
  .array(fc.constantFrom(...FACTS), { maxLength: 12 })
  .chain((again) => fc.shuffledSubarray([...FACTS, ...again], { minLength: FACTS.length + again.length }));

/** The end of a payment window depends on when it began, and that on who was first. */
const timeless = (order: ReturnType<typeof placedOrder>) => ({ ...order, payBy: order.payBy !== null });

describe('whatever the order in which facts arrive, and however often', () => {
  const asItHappens = hearing(placedOrder(), FACTS);

  it('an order ends the same', () => {
    fc.assert(
      fc.property(arrivals, (heard) => {
        const { order, history } = hearing(placedOrder(), heard);
        expect(timeless(order)).toEqual(timeless(asItHappens.order));
        expect(order.status).toBe('completed');
        expect(history.map(({ type }) => type).sort()).toEqual(asItHappens.history.map(({ type }) => type).sort());
      }),
    );
  });

  it('it says each of its own facts exactly once, in their order, each with a version of its own', () => {
    fc.assert(
      fc.property(arrivals, (heard) => {
        const { messages } = hearing(placedOrder(), heard);
        const own = messages.filter(({ contract }) => contract.kind === 'event');
        expect(own.map(({ contract }) => contract.type)).toEqual(OWN_FACTS);
        const versions = own.map(({ contract, data }) => (contract.schema.parse(data) as { version: number }).version);
        expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
      }),
    );
  });

  it('its history has one entry per version', () => {
    fc.assert(
      fc.property(arrivals, (heard) => {
        const { order, history } = hearing(placedOrder(), heard);
        expect([1, ...history.map(({ version }) => version)]).toEqual(Array.from({ length: order.version }, (_, index) => index + 1));
      }),
    );
  });

  it('it is always in a legal state, and never goes back', () => {
    fc.assert(
      fc.property(arrivals, (heard) => {
        const ways = heard.map((_, index) => hearing(placedOrder(), heard.slice(0, index + 1)).order);
        const ranks = ways.map(({ status }) => STATUSES.indexOf(status));
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
        for (const { status, allocation, payBy, paymentId, paidAt, total, subtotal, discount } of ways) {
          expect(status === 'pending' || (allocation !== null && payBy !== null)).toBe(true);
          expect(['pending', 'awaiting_payment'].includes(status) || paymentId !== null).toBe(true);
          expect([paymentId === null, total]).toEqual([paidAt === null, subtotal - discount]);
        }
      }),
    );
  });
});
