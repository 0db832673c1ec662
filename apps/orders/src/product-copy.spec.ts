import type { Data, ProductChanged } from '@sluice/contracts';
import { expect, it } from 'vitest';
import { productChanged } from './product-copy.js';

const fact = (version: number, amount: number): Data<typeof ProductChanged> => ({
  sku: 'TEE',
  name: 'T-shirt',
  price: { amount, currency: 'EUR' },
  version,
});
const copy = (version: number, amount: number) => ({ sku: 'TEE', name: 'T-shirt', amount, currency: 'EUR', version });

it('a product is copied from the first fact about it, and from every newer one', () => {
  expect(productChanged({ products: {} }, fact(1, 500))).toEqual({ state: { products: { TEE: copy(1, 500) } } });
  expect(productChanged({ products: { TEE: copy(1, 500) } }, fact(3, 700))).toEqual({
    state: { products: { TEE: copy(3, 700) } },
  });
});

it.each([2, 3])('a fact of version 2 does not replace the copy of version %s', (version) => {
  expect(productChanged({ products: { TEE: copy(version, 700) } }, fact(2, 500))).toEqual({});
});
