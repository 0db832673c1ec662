import type { Sale } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromNow, saleOf } from '../testing/flash-sale-peer.js';
import { SaleCache } from './sale-cache.js';

const idsIn = (memory: SaleCache): string[] => memory.all().map(({ id }) => id);

describe('the cache of sales', () => {
  it('holds the newest version of each, in whatever order and however often they arrive', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ id: fc.constantFrom('a', 'b'), version: fc.nat(20), remaining: fc.nat(5) }), {
          minLength: 1,
        }),
        (received) => {
          const memory = new SaleCache();
          for (const change of received) memory.put(saleOf(change));
          for (const id of ['a', 'b'])
            expect(memory.get(id)?.version).toBe(
              received
                .filter((one) => one.id === id)
                .map(({ version }) => version)
                .sort((x, y) => y - x)[0],
            );
        },
      ),
    );
  });

  it('holds no hidden sales', () => {
    const memory = new SaleCache();
    for (const state of ['preparing', 'refused'] satisfies Sale['state'][]) memory.put(saleOf({ id: state, state }));
    expect(memory.all()).toEqual([]);
  });

  it('is bounded, and sales that close first are evicted first', () => {
    const memory = new SaleCache(2);
    for (const [id, ms] of [
      ['late', 3_000],
      ['first', 1_000],
      ['second', 2_000],
    ] as const)
      memory.put(saleOf({ id, closesAt: fromNow(ms) }));
    expect(idsIn(memory).sort()).toEqual(['late', 'second']);
  });

  it('lists the sales that open last first', () => {
    const memory = new SaleCache();
    for (const [id, ms] of [
      ['now', 0],
      ['later', 9_000],
      ['before', -9_000],
    ] as const)
      memory.put(saleOf({ id, opensAt: fromNow(ms) }));
    expect(idsIn(memory)).toEqual(['later', 'now', 'before']);
  });
});
