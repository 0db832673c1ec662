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
  return { cache, wait: (ms: number) => (now += ms), ask: (version: number) => cache.confirmed(tea(version), now) };
}

describe('what a gateway remembers of a product', () => {
  it.each([
    ['answers', (cache: ProductCache, version: number) => cache.confirmed(tea(version), 0)],
    ['facts', (cache: ProductCache, version: number) => cache.changed(tea(version))],
  ])('is its newest version, in whatever order %s come', (_, versions) => {
    const { cache } = cacheAt(0);
    for (const version of [2, 1, 3, 2]) versions(cache, version);
    expect(cache.get('TEA')).toEqual(tea(3));
  });

  it('is fresh for five seconds after inventory was asked, and after each further time', () => {
    const { cache, wait, ask } = cacheAt(1_000);
    expect(cache.isFresh('TEA')).toBe(false);
    ask(1);
    wait(4_999);
    expect(cache.isFresh('TEA')).toBe(true);
    ask(1);
    wait(4_999);
    expect(cache.isFresh('TEA')).toBe(true);
    wait(1);
    expect(cache.isFresh('TEA')).toBe(false);
    expect(cache.get('TEA')).toEqual(tea(1));
  });

  it('is as old as the question, not as the answer; an answer that was overtaken confirms nothing', () => {
    const { cache, wait, ask } = cacheAt(0);
    const asked = 0;
    wait(3_000);
    cache.confirmed(tea(1), asked);
    wait(2_000);
    expect(cache.isFresh('TEA')).toBe(false);
    ask(2);
    wait(6_000);
    ask(1);
    expect([cache.get('TEA'), cache.isFresh('TEA')]).toEqual([tea(2), false]);
  });

  it('is asked for again after a fact that says more, and not after one that says nothing new', () => {
    const { cache, ask } = cacheAt(0);
    ask(2);
    for (const version of [1, 2]) cache.changed(tea(version));
    expect(cache.isFresh('TEA')).toBe(true);
    cache.changed(tea(3));
    expect([cache.get('TEA'), cache.isFresh('TEA')]).toEqual([tea(3), false]);
  });

  it('is asked for again when facts may have been missed', () => {
    const { cache, wait, ask } = cacheAt(0);
    ask(1);
    wait(1);
    cache.invalidate();
    expect([cache.get('TEA'), cache.isFresh('TEA')]).toEqual([tea(1), false]);
    wait(1);
    ask(1);
    expect(cache.isFresh('TEA')).toBe(true);
  });

  it('is bounded: what was remembered longest ago is forgotten', () => {
    const { cache } = cacheAt(0, 2);
    for (const sku of ['A', 'B', 'A', 'C']) cache.confirmed({ ...tea(1), sku }, 0);
    expect(['A', 'B', 'C'].map((sku) => cache.get(sku)?.sku)).toEqual(['A', undefined, 'C']);
  });
});
