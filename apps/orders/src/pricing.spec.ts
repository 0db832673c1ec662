import { describe, expect, it } from 'vitest';
import { named, price, unpriced } from './pricing.js';
import { PRICES } from './testing/given.js';

const aSentence = expect.stringMatching(/^[A-Z].+\.$/);

describe('price', () => {
  it.each([
    [
      'two currencies',
      [
        { sku: 'TEE', quantity: 1 },
        { sku: 'CAP', quantity: 1 },
      ],
      ['TEE', 'CAP'],
    ],
    [
      'more pieces of a SKU than a line takes',
      [
        { sku: 'MUG', quantity: 10_001 },
        { sku: 'TEE', quantity: 1 },
      ],
      ['MUG'],
    ],
    ['an amount beyond the limit', [{ sku: 'YACHT', quantity: 10_000 }], ['YACHT']],
  ])('refuses %s with a reason, and names the products', (_, lines, skus) => {
    expect(price(lines, PRICES)).toEqual({ reason: 'not_orderable', detail: aSentence, skus });
  });

  it('names every product that is unknown', () => {
    const lines = [
      { sku: 'HAT', quantity: 1 },
      { sku: 'TEE', quantity: 1 },
      { sku: 'SOCK', quantity: 1 },
    ];
    const refusal = price(lines, PRICES);
    expect(refusal).toEqual({ reason: 'unknown_product', detail: aSentence, skus: ['HAT', 'SOCK'] });
    expect(refusal).toMatchObject({ detail: expect.stringContaining('HAT, SOCK') });
  });
});

describe('unpriced', () => {
  it('is in the currency of the first product that has one', () => {
    const lines = ['HAT', 'CAP', 'TEE'].map((sku) => ({ sku, quantity: 1 }));
    expect(unpriced(named(lines, PRICES))).toEqual({ currency: 'USD', subtotal: 0 });
  });

  it('is in no currency when no product has one', () => {
    expect(unpriced(named([{ sku: 'HAT', quantity: 1 }], PRICES))).toEqual({ currency: 'XXX', subtotal: 0 });
  });
});
