import { expect, it } from 'vitest';
import { add, EMPTY, pieces, placed, quantityOf, subtotal, withCheckout, withKey, withQuantity } from './cart.js';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const TEE = { sku: 'TEE', name: 'T-shirt', price: usd(1_900) };
const MUG = { sku: 'MUG', name: 'Mug', price: usd(1_200) };
const HOME = { name: 'Ada', street: '12 Row', city: 'London', postcode: 'N1', country: 'gb' };
const FULL = add(add(add(EMPTY, TEE), MUG), TEE);

let made = 0;
const newKey = (): string => `key-${++made}`;

it('has one line for each product', () => {
  expect(FULL.lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([
    ['TEE', 2],
    ['MUG', 1],
  ]);
  expect([pieces(FULL), subtotal(FULL)]).toEqual([3, usd(5_000)]);
});

it('keeps quantities within what an order takes', () => {
  expect(quantityOf(withQuantity(FULL, 'TEE', 12_000), 'TEE')).toBe(10_000);
  expect(withQuantity(FULL, 'TEE', 0).lines.map(({ sku }) => sku)).toEqual(['MUG']);
  expect(withQuantity(FULL, 'TEE', Number.NaN).lines.map(({ sku }) => sku)).toEqual(['MUG']);
});

it('has no sum of several currencies', () =>
  expect(subtotal(add(FULL, { ...MUG, sku: 'TEA', price: { amount: 1, currency: 'EUR' } }))).toBeUndefined());

it('has one key for a checkout, however often it is begun', () => {
  const first = withCheckout(FULL, HOME, newKey);
  const reloaded = JSON.parse(JSON.stringify(first)) as typeof first;
  expect(withCheckout(reloaded, HOME, newKey).checkout).toEqual(first.checkout);
});

it('has one key for tabs that order at the same moment, and another one for the next cart', () => {
  const cart = withKey(FULL, newKey);
  const { key } = withCheckout(cart, HOME, newKey).checkout;
  expect(withCheckout(withKey(cart, newKey), HOME, newKey).checkout.key).toBe(key);
  const next = withKey(add(placed(cart, withCheckout(cart, HOME, newKey).checkout), MUG), newKey);
  expect(withCheckout(next, HOME, newKey).checkout.key).not.toBe(key);
});

it('has another key for what was changed after a first checkout', () => {
  const tried = withCheckout(withKey(FULL, newKey), HOME, newKey);
  const { checkout } = withCheckout(tried, { ...HOME, city: 'Paris' }, newKey);
  expect(checkout.key).not.toBe(tried.checkout.key);
});

it.each([
  ['another quantity', withQuantity(FULL, 'TEE', 3), HOME],
  ['a coupon', { ...FULL, coupon: 'RED5' }, HOME],
  ['another address', FULL, { ...HOME, city: 'Paris' }],
])('has another key for %s, which would be another order', (_, cart, address) => {
  const { checkout } = withCheckout(FULL, HOME, newKey);
  expect(withCheckout({ ...cart, checkout }, address, newKey).checkout.key).not.toBe(checkout.key);
});

it('orders what the API takes: no blank coupon, and the country in capitals', () => {
  const { body } = withCheckout({ ...FULL, coupon: '  ' }, HOME, newKey).checkout;
  expect(body).toEqual({
    lines: [
      { sku: 'TEE', quantity: 2 },
      { sku: 'MUG', quantity: 1 },
    ],
    address: { ...HOME, country: 'GB' },
  });
});

it('keeps what another tab has added while the order was under way', () => {
  const { checkout, ...cart } = withCheckout(FULL, HOME, newKey);
  expect(placed({ ...cart, checkout }, checkout)).toEqual(EMPTY);
  const rest = placed(add({ ...cart, checkout }, MUG, 2), checkout);
  expect(rest.lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([['MUG', 2]]);
});
