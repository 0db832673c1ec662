import type { Outgoing } from '@sluice/contracts';
import { PermanentError } from '@sluice/messaging';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redeem, redemptionKeys, release, withCoupon } from './redemption.js';
import type { Coupon, CouponDecision, CouponState } from './tables.js';

const now = new Date('2026-06-01T12:00:00Z');
const orderId = '0190a6b0-0000-8000-8000-000000000001';
const userId = '0190a6b0-0000-7000-8000-000000000002';
const coupon: Coupon = {
  code: 'RED',
  kind: 'fixed',
  value: 500,
  currency: null,
  minAmount: null,
  minCurrency: null,
  limit: null,
  perUser: null,
  expiresAt: null,
  redeemed: 0,
  version: 1,
};

const issued = (details: Partial<Coupon> = {}): CouponState => ({
  coupons: { RED: { ...coupon, ...details } },
  redemptions: {},
  uses: {},
});
const order = (id = orderId, amount = 2_000) => ({
  orderId: id,
  userId,
  coupon: 'RED',
  subtotal: { amount, currency: 'USD' },
});
const after = (state: CouponState, { state: changes = {} }: CouponDecision): CouponState => ({
  coupons: { ...state.coupons, ...changes.coupons },
  redemptions: { ...state.redemptions, ...changes.redemptions },
  uses: { ...state.uses, ...changes.uses },
});
const sent = ({ messages = [] }: CouponDecision) =>
  messages.map(({ contract, data }: Outgoing) => ({ type: contract.type, ...(data as object) }));

describe('an order', () => {
  it('concerns its coupon, its redemption, and what its user used of the coupon', () => {
    const placed = withCoupon(order());
    expect(placed && redemptionKeys(placed)).toEqual({
      coupons: ['RED'],
      redemptions: [orderId],
      uses: [`RED/${userId}`],
    });
  });

  it('concerns nothing here without a coupon', () => {
    expect(withCoupon({ ...order(), coupon: undefined })).toBeUndefined();
  });
});

describe('redeem', () => {
  it('gives the discount, and counts the coupon in total and for its user', () => {
    const decision = redeem(issued(), order(), now);
    expect(sent(decision)).toEqual([
      { type: 'coupon.redeemed', orderId, userId, code: 'RED', discount: { amount: 500, currency: 'USD' }, version: 1 },
    ]);
    expect(decision.state).toEqual({
      coupons: { RED: { ...coupon, redeemed: 1, version: 2 } },
      uses: { [`RED/${userId}`]: { code: 'RED', userId, orders: 1, version: 1 } },
      redemptions: {
        [orderId]: {
          orderId,
          userId,
          code: 'RED',
          status: 'redeemed',
          discountAmount: 500,
          discountCurrency: 'USD',
          reason: null,
          version: 1,
        },
      },
    });
  });

  it('refuses with the reason, and counts nothing', () => {
    const decision = redeem(issued({ limit: 1, redeemed: 1 }), order(), now);
    expect(sent(decision)).toEqual([
      { type: 'coupon.rejected', orderId, userId, code: 'RED', reason: 'used_up', version: 1 },
    ]);
    expect(decision.state).toEqual({
      redemptions: {
        [orderId]: {
          orderId,
          userId,
          code: 'RED',
          status: 'rejected',
          discountAmount: null,
          discountCurrency: null,
          reason: 'used_up',
          version: 1,
        },
      },
    });
  });

  it('refuses a coupon that does not exist', () => {
    expect(sent(redeem({ coupons: {}, redemptions: {}, uses: {} }, order(), now))).toMatchObject([
      { type: 'coupon.rejected', reason: 'unknown' },
    ]);
  });

  it('gives an order one decision, and the same reply when its fact comes again', () => {
    for (const state of [issued(), issued({ limit: 1, redeemed: 1 })]) {
      const decision = redeem(state, order(), now);
      expect(redeem(after(state, decision), order(), now)).toEqual({ messages: decision.messages });
    }
  });

  it('keeps a refusal, though the coupon is free again', () => {
    const refused = after(issued({ limit: 1, redeemed: 1 }), redeem(issued({ limit: 1, redeemed: 1 }), order(), now));
    const again = redeem({ ...refused, coupons: { RED: coupon } }, order(), now);
    expect([again.state, sent(again)]).toMatchObject([undefined, [{ type: 'coupon.rejected', reason: 'used_up' }]]);
  });

  it('counts a user’s own orders only', () => {
    const state = after(issued({ perUser: 1 }), redeem(issued({ perUser: 1 }), order(), now));
    expect(sent(redeem(state, order('another'), now))).toMatchObject([
      { type: 'coupon.rejected', reason: 'used_by_user' },
    ]);
    expect(sent(redeem(state, { ...order('another'), userId: 'somebody else' }, now))).toMatchObject([
      { type: 'coupon.redeemed' },
    ]);
  });
});

describe('release', () => {
  const redeemed = after(issued({ limit: 1, perUser: 1 }), redeem(issued({ limit: 1, perUser: 1 }), order(), now));

  it('releases the coupon once, and it can be used again', () => {
    const decision = release(redeemed, order());
    expect(sent(decision)).toEqual([{ type: 'coupon.released', orderId, userId, code: 'RED', version: 2 }]);
    const free = after(redeemed, decision);
    expect(free).toMatchObject({
      coupons: { RED: { redeemed: 0 } },
      uses: { [`RED/${userId}`]: { orders: 0 } },
      redemptions: { [orderId]: { status: 'released', discountAmount: 500 } },
    });
    expect(release(free, order())).toEqual({});
    expect(redeem(free, order(), now)).toEqual({});
    expect(sent(redeem(free, order('another'), now))).toMatchObject([{ type: 'coupon.redeemed' }]);
  });

  it('releases nothing for an order that was refused the coupon', () => {
    const refused = after(redeemed, redeem(redeemed, order('another'), now));
    expect(release(refused, order('another'))).toEqual({});
  });

  it('redeems nothing for an order that ended before it was placed, and publishes nothing', () => {
    const decision = release(issued(), order());
    expect(decision).toEqual({
      state: {
        redemptions: {
          [orderId]: {
            orderId,
            userId,
            code: 'RED',
            status: 'released',
            discountAmount: null,
            discountCurrency: null,
            reason: null,
            version: 1,
          },
        },
      },
    });
    const marked = after(issued(), decision);
    expect(redeem(marked, order(), now)).toEqual({});
    expect(release(marked, order())).toEqual({});
  });

  it('releases no other coupon than that of the order', () => {
    const other = () =>
      release({ ...redeemed, coupons: { BLUE: { ...coupon, code: 'BLUE' } } }, { ...order(), coupon: 'BLUE' });
    expect(other).toThrow('has redeemed RED and not BLUE');
    expect(other).toThrow(PermanentError);
  });
});

describe('whatever the order and repetition of placed, rejected and cancelled', () => {
  const USERS = 2;
  const orders = fc.integer({ min: 0, max: 7 });
  const steps = fc.array(fc.record({ id: orders, ends: fc.boolean() }), { maxLength: 40 });
  const limits = fc.record({
    limit: fc.option(fc.integer({ min: 1, max: 4 })),
    perUser: fc.option(fc.integer({ min: 1, max: 3 })),
  });
  const numbered = (id: number) => ({ ...order(String(id), 100 * id), userId: `user ${id % USERS}` });
  const decide = (state: CouponState, { id, ends }: { id: number; ends: boolean }): CouponDecision =>
    ends ? release(state, numbered(id)) : redeem(state, numbered(id), now);
  const live = ({ redemptions }: CouponState, mine: (userId: string) => boolean = () => true): number =>
    Object.values(redemptions).filter((redemption) => redemption?.status === 'redeemed' && mine(redemption.userId))
      .length;

  it('the coupon is in as many orders as are counted, and never in more than its limits', () => {
    fc.assert(
      fc.property(steps, limits, (happens, { limit, perUser }) => {
        let state = issued({ limit, perUser });
        for (const step of happens) {
          state = after(state, decide(state, step));
          expect(state.coupons['RED']!.redeemed).toBe(live(state));
          expect(live(state)).toBeLessThanOrEqual(limit ?? Infinity);
          for (const use of Object.values(state.uses)) {
            expect(use!.orders).toBe(live(state, (user) => user === use!.userId));
            expect(use!.orders).toBeLessThanOrEqual(perUser ?? Infinity);
          }
        }
      }),
    );
  });

  it('each order gets one decision, and a release only after a redemption; one that ended first gets nothing', () => {
    fc.assert(
      fc.property(steps, limits, (happens, { limit, perUser }) => {
        let state = issued({ limit, perUser });
        const received = new Map<number, string[]>();
        for (const step of happens) {
          const decision = decide(state, step);
          // A decision that changes nothing only repeats its fact.
          const types = decision.state ? sent(decision).map(({ type }) => type) : [];
          received.set(step.id, [...(received.get(step.id) ?? []), ...types]);
          state = after(state, decision);
        }
        for (const [id, types] of received)
          expect(types).toEqual(
            expected(
              happens.filter((step) => step.id === id).map(({ ends }) => ends),
              types[0],
            ),
          );
      }),
    );
  });

  /** The facts about an order that was placed and ended in this order, when the first fact is `answer`. */
  function expected(ends: boolean[], answer: string | undefined): string[] {
    if (ends[0]) return [];
    if (answer === 'coupon.rejected') return ['coupon.rejected'];
    return ends.includes(true) ? ['coupon.redeemed', 'coupon.released'] : ['coupon.redeemed'];
  }
});
