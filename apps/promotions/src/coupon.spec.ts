import { CreateCoupon } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCoupon, discount, refusal } from './coupon.js';
import type { Coupon, CouponState } from './tables.js';

const now = new Date('2026-06-01T12:00:00Z');
const none: CouponState = { coupons: {}, redemptions: {}, uses: {} };
const wanted = (details: object = {}) =>
  CreateCoupon.schema.parse({ code: 'RED', kind: 'fixed', value: 500, ...details });
/** A stored coupon, created long ago. */
const stored = (details: object = {}, redeemed = 0): Coupon => ({
  ...createCoupon(none, wanted(details), new Date(0)).state!.coupons!['RED']!,
  redeemed,
});
const usd = (amount: number) => ({ amount, currency: 'USD' });

const all = { minTotal: usd(2_000), limit: 10, perUser: 1, expiresAt: '2026-12-31T23:59:59.000Z' };

describe('createCoupon', () => {
  it('stores every detail, and returns them', () => {
    const { state, reply } = createCoupon(none, wanted(all), now);
    expect(state?.coupons?.['RED']).toEqual({
      code: 'RED',
      kind: 'fixed',
      value: 500,
      currency: null,
      minAmount: 2_000,
      minCurrency: 'USD',
      limit: 10,
      perUser: 1,
      expiresAt: new Date(all.expiresAt),
      redeemed: 0,
      version: 1,
    });
    expect(reply).toEqual({ code: 'RED', kind: 'fixed', value: 500, ...all, redeemed: 0 });
  });

  it('omits from its reply what was omitted', () => {
    expect(createCoupon(none, wanted(), now).reply).toEqual({ code: 'RED', kind: 'fixed', value: 500, redeemed: 0 });
    expect(createCoupon(none, wanted({ minTotal: 2_000 }), now).reply).toMatchObject({ minTotal: 2_000 });
  });

  it('treats a repeat as the same coupon, and returns how many are redeemed', () => {
    const state = { ...none, coupons: { RED: stored(all, 3) } };
    expect(createCoupon(state, wanted({ ...all, expiresAt: '2026-12-31T23:59:59Z' }), now)).toEqual({
      reply: { code: 'RED', kind: 'fixed', value: 500, ...all, redeemed: 3 },
    });
    const plain = { ...none, coupons: { RED: stored({}, 3) } };
    expect(createCoupon(plain, wanted(), now)).toEqual({
      reply: { code: 'RED', kind: 'fixed', value: 500, redeemed: 3 },
    });
  });

  it.each([
    { kind: 'percent', value: 50 },
    { value: 501 },
    { minTotal: 2_000 },
    { minTotal: usd(2_001) },
    { limit: 11 },
    { perUser: undefined },
    { expiresAt: undefined },
    { expiresAt: '2027-01-01T00:00:00Z' },
  ])('refuses another coupon under the same code: %o', (other) => {
    const state = { ...none, coupons: { RED: stored(all) } };
    expect(() => createCoupon(state, wanted({ ...all, ...other }), now)).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ status: 409, title: 'Coupon code taken' }) }),
    );
  });
});

describe('a coupon that is expired already', () => {
  const ended = { expiresAt: now.toISOString() };
  const notValid = expect.objectContaining({
    problem: expect.objectContaining({ status: 422, errors: [expect.objectContaining({ path: 'expiresAt' })] }),
  });

  it('is not created, and one that has a millisecond left is', () => {
    expect(() => createCoupon(none, wanted(ended), now)).toThrow(notValid);
    expect(createCoupon(none, wanted(ended), new Date(now.getTime() - 1)).reply).toMatchObject(ended);
  });

  it('is the same coupon when it was created before it expired', () => {
    const state = { ...none, coupons: { RED: stored(ended, 3) } };
    expect(createCoupon(state, wanted(ended), now)).toEqual({
      reply: { code: 'RED', kind: 'fixed', value: 500, ...ended, redeemed: 3 },
    });
  });
});

describe('refusal', () => {
  it('is undefined for an order that meets every condition', () => {
    expect(refusal(stored(all, 9), usd(2_000), 0, now)).toBeUndefined();
    expect(refusal(stored(), usd(0), 1_000_000, now)).toBeUndefined();
    expect(
      refusal(stored({ kind: 'percent', value: 5 }), { amount: 0, currency: 'EUR' }, 1_000_000, now),
    ).toBeUndefined();
  });

  it('returns the condition that is not met', () => {
    expect(refusal(undefined, usd(2_000), 0, now)).toBe('unknown');
    expect(refusal(stored({ expiresAt: now.toISOString() }), usd(2_000), 0, now)).toBe('expired');
    expect(refusal(stored(all), { amount: 2_000, currency: 'EUR' }, 0, now)).toBe('other_currency');
    expect(refusal(stored(all), usd(1_999), 0, now)).toBe('below_minimum');
    expect(refusal(stored(all, 10), usd(2_000), 0, now)).toBe('used_up');
    expect(refusal(stored(all), usd(2_000), 1, now)).toBe('used_by_user');
  });

  it('accepts a coupon up to the last millisecond before it expires', () => {
    expect(refusal(stored({ expiresAt: new Date(now.getTime() + 1).toISOString() }), usd(1), 0, now)).toBeUndefined();
  });

  it('accepts a fixed amount only for orders of its currency: its own, that of its minimum, or the shop’s', () => {
    const reasons = (details: object) =>
      ['USD', 'EUR', 'JPY'].map((currency) => refusal(stored(details), { amount: 5_000, currency }, 0, now));
    expect(reasons({})).toEqual([undefined, 'other_currency', 'other_currency']);
    expect(reasons({ minTotal: 1 })).toEqual([undefined, 'other_currency', 'other_currency']);
    expect(reasons({ minTotal: { amount: 1, currency: 'EUR' } })).toEqual([
      'other_currency',
      undefined,
      'other_currency',
    ]);
    expect(reasons({ currency: 'JPY' })).toEqual(['other_currency', 'other_currency', undefined]);
    expect(reasons({ kind: 'percent', value: 5 })).toEqual([undefined, undefined, undefined]);
    expect(reasons({ kind: 'percent', value: 5, currency: 'EUR' })).toEqual([
      'other_currency',
      undefined,
      'other_currency',
    ]);
  });

  it('uses the currency of the creation, and a coupon with another one is a different coupon', () => {
    const made = createCoupon(none, wanted({ currency: 'EUR' }), now);
    expect(made.reply).toMatchObject({ currency: 'EUR' });
    expect(() =>
      createCoupon({ ...none, coupons: { RED: stored({ currency: 'EUR' }) } }, wanted({ currency: 'USD' }), now),
    ).toThrow(expect.objectContaining({ problem: expect.objectContaining({ status: 409 }) }));
  });

  it('treats a minimum in plain cents as one in any currency', () => {
    expect(
      refusal(stored({ kind: 'percent', value: 5, minTotal: 100 }), { amount: 100, currency: 'JPY' }, 0, now),
    ).toBeUndefined();
    expect(refusal(stored({ kind: 'percent', value: 5, minTotal: 100 }), { amount: 99, currency: 'JPY' }, 0, now)).toBe(
      'below_minimum',
    );
  });
});

describe('discount', () => {
  it('takes a fixed amount off, and no more than the subtotal', () => {
    expect(discount({ kind: 'fixed', value: 500 }, { amount: 1_200, currency: 'EUR' })).toEqual({
      amount: 500,
      currency: 'EUR',
    });
    expect(discount({ kind: 'fixed', value: 500 }, usd(300))).toEqual(usd(300));
  });

  it('rounds a percentage down to whole cents', () => {
    expect(discount({ kind: 'percent', value: 10 }, usd(1_999))).toEqual(usd(199));
    expect(discount({ kind: 'percent', value: 100 }, usd(1_999))).toEqual(usd(1_999));
    expect(discount({ kind: 'percent', value: 1 }, usd(99))).toEqual(usd(0));
  });

  const subtotals = fc.integer({ min: 0, max: 1_000_000_000_00 });

  it('is exact, also for the largest subtotals', () => {
    fc.assert(
      fc.property(subtotals, fc.integer({ min: 1, max: 100 }), (amount, value) => {
        expect(BigInt(discount({ kind: 'percent', value }, usd(amount)).amount)).toBe(
          (BigInt(amount) * BigInt(value)) / 100n,
        );
      }),
    );
  });

  it('is between 0 and the subtotal', () => {
    const coupons = fc.oneof(
      fc.record({ kind: fc.constant('fixed' as const), value: fc.integer({ min: 1, max: 1_000_000_000_00 }) }),
      fc.record({ kind: fc.constant('percent' as const), value: fc.integer({ min: 1, max: 100 }) }),
    );
    fc.assert(
      fc.property(coupons, subtotals, (coupon, amount) => {
        const off = discount(coupon, usd(amount)).amount;
        expect(Number.isInteger(off) && off >= 0 && off <= amount).toBe(true);
      }),
    );
  });
});
