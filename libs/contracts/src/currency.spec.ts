import { describe, expect, it } from 'vitest';
import { Currency, decimalsOf, formatMoney } from './currency.js';
import { NewSale } from './flash-sale.js';
import { ProductDetails } from './inventory.js';
import { jsonSchemaOf } from './kit/json-schema.js';
import { NewCoupon } from './promotions.js';
import { Money, NewMoney } from './values.js';

const UNKNOWN = ['XXX', 'ZZZ', 'XTS', 'XAU', 'DEM', 'BTC', 'usd', 'US', ''];

describe('a currency', () => {
  it.each(['USD', 'EUR', 'JPY', 'KWD', 'CNY', 'CHF'])('accepts %s', (code) => expect(Currency.parse(code)).toBe(code));
  it.each(UNKNOWN)('refuses "%s"', (code) => expect(Currency.safeParse(code).success).toBe(false));

  it('has the decimals of ISO 4217', () => {
    expect(['USD', 'EUR', 'JPY', 'KRW', 'VND', 'ISK', 'KWD', 'BHD', 'TND'].map(decimalsOf)).toEqual([
      2, 2, 0, 0, 0, 0, 3, 3, 3,
    ]);
  });

  it.each([
    ['JPY', 5_000, '¥5,000'],
    ['USD', 5_000, '$50.00'],
    ['EUR', 123_456_789, '€1,234,567.89'],
    ['KWD', 5_000, 'KWD 5.000'],
    ['USD', 5, '$0.05'],
    ['USD', 99_999_999_999, '$999,999,999.99'],
  ])('%s %i is written %s', (currency, amount, text) => expect(formatMoney({ amount, currency })).toBe(text));
});

describe('money in requests from outside', () => {
  const times = { opensAt: '2030-01-01T00:00:00Z', closesAt: '2030-01-02T00:00:00Z', payWithinSeconds: 60 };
  const taken = (currency: string): boolean[] => {
    const price = { amount: 100, currency };
    return [
      ProductDetails.safeParse({ name: 'Tea', price }),
      NewSale.safeParse({ sku: 'TEA', price, quantity: 1, ...times }),
      NewCoupon.safeParse({ code: 'RED', kind: 'fixed', value: 1, minTotal: price }),
      NewCoupon.safeParse({ code: 'RED', kind: 'fixed', value: 1, currency }),
    ].map(({ success }) => success);
  };

  it.each(UNKNOWN)('is refused in "%s"', (currency) => expect(taken(currency)).toEqual([false, false, false, false]));
  it('is accepted in a currency in use, and has the same JSON Schema as any money', () => {
    expect(taken('JPY')).toEqual([true, true, true, true]);
    expect(jsonSchemaOf(NewMoney)).toEqual(jsonSchemaOf(Money));
    expect(Money.safeParse({ amount: 0, currency: 'XXX' }).success).toBe(true);
  });

  it('has one currency within a coupon', () => {
    const coupon = { code: 'RED', kind: 'fixed', value: 1, minTotal: { amount: 1, currency: 'EUR' } };
    expect([
      NewCoupon.safeParse({ ...coupon, currency: 'EUR' }).success,
      NewCoupon.safeParse({ ...coupon, currency: 'USD' }).success,
    ]).toEqual([true, false]);
  });
});
