import { describe, expect, it } from 'vitest';
import { ProductCache } from './product-cache.js';

const tea = (version: number, amount = 100 * version) => ({
  sku: 'TEA',
  name: `Tea ${version}`,
  price: { amount, currency: 'EUR' },
  version,
});

function memoryAt(start: number, most?: number) {
  let now = start;
  const memory = new ProductCache(() => now, most);
  return { memory, wait: (ms: number) => (now += ms), ask: (version: number) => memory.confirmed(tea(version), now) };
}

describe('what a gateway remembers of a product', () => {
  it.each([
    ['answers', (memory: ProductCache, version: number) => memory.confirmed(tea(version), 0)],
    ['facts', (memory: ProductCache, version: number) => memory.changed(tea(version))],
  ])('is its newest version, in whatever order %s come', (_, told) => {
    const { memory } = memoryAt(0);
    for (const version of [2, 1, 3, 2]) told(memory, version);
    expect(memory.get('TEA')).toEqual(tea(3));
  });

  it('is fresh for five seconds after inventory was asked, and after each further time', () => {
    const { memory, wait, ask } = memoryAt(1_000);
    expect(memory.isFresh('TEA')).toBe(false);
    ask(1);
    wait(4_999);
    expect(memory.isFresh('TEA')).toBe(true);
    ask(1);
    wait(4_999);
    expect(memory.isFresh('TEA')).toBe(true);
    wait(1);
    expect(memory.isFresh('TEA')).toBe(false);
    expect(memory.get('TEA')).toEqual(tea(1));
  });

  it('is as old as the question, not as the answer; an answer that was overtaken confirms nothing', () => {
    const { memory, wait, ask } = memoryAt(0);
    const asked = 0;
    wait(3_000);
    memory.confirmed(tea(1), asked);
    wait(2_000);
    expect(memory.isFresh('TEA')).toBe(false);
    ask(2);
    wait(6_000);
    ask(1);
    expect([memory.get('TEA'), memory.isFresh('TEA')]).toEqual([tea(2), false]);
  });

  it('is asked for again after a fact that says more, and not after one that says nothing new', () => {
    const { memory, ask } = memoryAt(0);
    ask(2);
    for (const version of [1, 2]) memory.changed(tea(version));
    expect(memory.isFresh('TEA')).toBe(true);
    memory.changed(tea(3));
    expect([memory.get('TEA'), memory.isFresh('TEA')]).toEqual([tea(3), false]);
  });

  it('is asked for again when facts may have been missed', () => {
    const { memory, wait, ask } = memoryAt(0);
    ask(1);
    wait(1);
    memory.invalidate();
    expect([memory.get('TEA'), memory.isFresh('TEA')]).toEqual([tea(1), false]);
    wait(1);
    ask(1);
    expect(memory.isFresh('TEA')).toBe(true);
  });

  it('is bounded: what was remembered longest ago is forgotten', () => {
    const { memory } = memoryAt(0, 2);
    for (const sku of ['A', 'B', 'A', 'C']) memory.confirmed({ ...tea(1), sku }, 0);
    expect(['A', 'B', 'C'].map((sku) => memory.get(sku)?.sku)).toEqual(['A', undefined, 'C']);
  });
});
