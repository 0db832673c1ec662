import { describe, expect, it } from 'vitest';
import { RecentlyOrdered } from './recently-ordered.js';

const skus = (count: number): string[] => Array.from({ length: count }, (_, n) => `SKU-${n}`);

describe('the recently ordered products', () => {
  it('are those of the last ten seconds, latest first', () => {
    let now = 0;
    const recent = new RecentlyOrdered(() => now);
    recent.add(['TEE', 'MUG']);
    now = 6_000;
    recent.add(['TEE', 'CAP']);
    expect(recent.skus()).toEqual(['CAP', 'TEE', 'MUG']);
    now = 10_000;
    expect(recent.skus()).toEqual(['CAP', 'TEE']);
    now = 16_000;
    expect(recent.skus()).toEqual([]);
  });

  it('are none while they are more than a hundred', () => {
    let now = 0;
    const recent = new RecentlyOrdered(() => now);
    recent.add(skus(100));
    expect(recent.skus()).toHaveLength(100);
    now = 1;
    recent.add(['TEE']);
    expect(recent.skus()).toEqual([]);
    now = 10_000;
    expect(recent.skus()).toEqual(['TEE']);
  });

  it('are bounded', () => {
    const recent = new RecentlyOrdered(() => 0);
    recent.add(skus(100_000));
    expect(recent.skus()).toEqual([]);
  });
});
