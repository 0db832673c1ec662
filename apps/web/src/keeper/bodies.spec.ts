import { expect, it } from 'vitest';
import { amountOf, typed } from './amount.js';
import { couponOf, saleOf } from './bodies.js';

it.each([
  ['19.90', 'USD', 1_990],
  ['19,9', 'EUR', 1_990],
  ['19', 'USD', 1_900],
  ['1200', 'JPY', 1_200],
])('reads %s %s as an amount', (text, currency, amount) =>
  expect(amountOf(text, currency)).toEqual({ amount, currency }),
);

it.each([
  ['19.999', 'USD'],
  ['12.5', 'JPY'],
  ['', 'USD'],
  ['-1', 'USD'],
])('reads no amount from %j %s', (text, currency) => expect(amountOf(text, currency)).toBeUndefined());

it('writes an amount as it is typed', () =>
  expect([typed({ amount: 1_990, currency: 'USD' }), typed({ amount: 1_200, currency: 'JPY' })]).toEqual([
    '19.90',
    '1200',
  ]));

it('makes a coupon of what was typed, and of nothing else', () => {
  expect(couponOf('percent', { code: 'TEN', value: '10' })).toEqual({ code: 'TEN', kind: 'percent', value: 10 });
  expect(couponOf('fixed', { code: 'FIVE', value: '5', currency: 'eur', minTotal: '20', limit: '3' })).toEqual({
    code: 'FIVE',
    kind: 'fixed',
    value: 500,
    currency: 'EUR',
    minTotal: { amount: 2_000, currency: 'EUR' },
    limit: 3,
  });
});

it('makes a sale that opens and closes by the clock of the server', () => {
  const given = { sku: 'TEE', price: '9.90', quantity: '5', opensIn: '30', lasts: '10', payWithin: '120' };
  expect(saleOf(given, Date.parse('2026-11-30T12:00:00Z'))).toEqual({
    sku: 'TEE',
    price: { amount: 990, currency: 'USD' },
    quantity: 5,
    opensAt: '2026-11-30T12:00:30.000Z',
    closesAt: '2026-11-30T12:10:30.000Z',
    payWithinSeconds: 120,
    perUser: 1,
  });
});
