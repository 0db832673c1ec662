import { describe, expect, it } from 'vitest';
import { ProductCache } from './product-cache.js';

const tea = (version: number, amount = 100 * version) => ({
  sku: 'TEA',
  name: `Tea ${version}`,
  price: { amount, currency: 'EUR' },
  version,
});

function cacheAt(start: number, most?: number) {
  let now = start;
  const cache = new ProductCache(() => now, most);
  return { cache, wait: (ms: number) => (now += ms), confirm: (version: number) => cache.confirmed(tea(version), now) };
}

describe('the cached version of a product', () => {
  it.each([
    ['answers', (cache: ProductCache, version: number) => cache.confirmed(tea(version), 0)],
    ['facts', (cache: ProductCache, version: number) => cache.changed(tea(version))],
  ])('is the newest version, in whatever order %s arrive', (_, versions) => {
    const { cache } = cacheAt(0);
    for (const version of [2, 1, 3, 2]) versions(cache, version);
    expect(cache.get('TEA')).toEqual(tea(3));
  });

  it('is fresh for five seconds after each confirmation by inventory', () => {
    const { cache, wait, confirm } = cacheAt(1_000);
    expect(cache.isFresh('TEA')).toBe(false);
    confirm(1);
    wait(4_999);
    expect(cache.isFresh('TEA')).toBe(true);
    confirm(1);
    wait(4_999);
    expect(cache.isFresh('TEA')).toBe(true);
    wait(1);
    expect(cache.isFresh('TEA')).toBe(false);
    expect(cache.get('TEA')).toEqual(tea(1));
  });

  it('is due soon after half of that time, and when it was never confirmed or facts may have been missed', () => {
    const { cache, wait, confirm } = cacheAt(1_000);
    expect(cache.isDueSoon('TEA')).toBe(true);
    confirm(1);
    wait(2_499);
    expect(cache.isDueSoon('TEA')).toBe(false);
    wait(1);
    expect(cache.isDueSoon('TEA')).toBe(true);
    confirm(1);
    cache.invalidate();
    expect(cache.isDueSoon('TEA')).toBe(true);
  });

  it('is as old as the request, not as the reply; a reply with an older version confirms nothing', () => {
    const { cache, wait, confirm } = cacheAt(0);
    const requestedAt = 0;
    wait(3_000);
    cache.confirmed(tea(1), requestedAt);
    wait(2_000);
    expect(cache.isFresh('TEA')).toBe(false);
    confirm(2);
    wait(6_000);
    confirm(1);
    expect([cache.get('TEA'), cache.isFresh('TEA')]).toEqual([tea(2), false]);
  });

  it('is not fresh after a fact with a newer version, and stays fresh after one without', () => {
    const { cache, confirm } = cacheAt(0);
    confirm(2);
    for (const version of [1, 2]) cache.changed(tea(version));
    expect(cache.isFresh('TEA')).toBe(true);
    cache.changed(tea(3));
    expect([cache.get('TEA'), cache.isFresh('TEA')]).toEqual([tea(3), false]);
  });

  it('is not fresh when facts may have been missed', () => {
    const { cache, wait, confirm } = cacheAt(0);
    confirm(1);
    wait(1);
    cache.invalidate();
    expect([cache.get('TEA'), cache.isFresh('TEA')]).toEqual([tea(1), false]);
    wait(1);
    confirm(1);
    expect(cache.isFresh('TEA')).toBe(true);
  });

  it('is bounded: the product cached longest ago is evicted', () => {
    const { cache } = cacheAt(0, 2);
    for (const sku of ['A', 'B', 'A', 'C']) cache.confirmed({ ...tea(1), sku }, 0);
    expect(['A', 'B', 'C'].map((sku) => cache.get(sku)?.sku)).toEqual(['A', undefined, 'C']);
  });
});
