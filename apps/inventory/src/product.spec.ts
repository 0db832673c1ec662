import { describe, expect, it } from 'vitest';
import { productKeys, putProduct } from './product.js';
import type { ProductState } from './tables.js';
import { sentBy, stocked } from './testing/given.js';

const shelves = stocked({ cap: { east: 5, west: 1 } }).stock;
const cap = { sku: 'cap', name: 'Cap, navy', price: { amount: 1_500, currency: 'USD' } };
const row = { sku: 'cap', name: 'Cap, navy', priceAmount: 1_500, priceCurrency: 'USD', version: 3 };

const unknown: ProductState = { products: {}, stock: {} };
const known: ProductState = { products: { cap: row }, stock: shelves };

describe('putProduct', () => {
  it('concerns the product, and its shelves in every warehouse', () =>
    expect(productKeys(cap)).toEqual({ products: ['cap'], stock: ['cap/east', 'cap/west'] }));

  it('creates a product without stock, and publishes it', () => {
    const decision = putProduct(unknown, cap);
    expect(decision.state).toEqual({ products: { cap: { ...row, version: 1 } } });
    expect(sentBy(decision)).toEqual([{ type: 'product.changed', ...cap, version: 1 }]);
    expect(decision.reply).toEqual({ ...cap, available: 0, version: 1 });
  });

  it.each([
    ['its name', { ...cap, name: 'Cap, black' }, { name: 'Cap, black' }],
    ['its price', { ...cap, price: { amount: 1_600, currency: 'USD' } }, { priceAmount: 1_600 }],
    ['its currency', { ...cap, price: { amount: 1_500, currency: 'EUR' } }, { priceCurrency: 'EUR' }],
  ])('changes %s under a new version, and replies with what is available', (_, details, changed) => {
    const decision = putProduct(known, details);
    expect(decision.state).toEqual({ products: { cap: { ...row, ...changed, version: 4 } } });
    expect(sentBy(decision)).toEqual([{ type: 'product.changed', ...details, version: 4 }]);
    expect(decision.reply).toEqual({ ...details, available: 6, version: 4 });
  });

  it('changes and publishes nothing when it is repeated, and replies the same', () =>
    expect(putProduct(known, cap)).toEqual({ reply: { ...cap, available: 6, version: 3 } }));
});
