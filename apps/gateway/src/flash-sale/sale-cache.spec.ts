import type { Sale } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromNow, saleOf } from '../testing/flash-sale-peer.js';
import { SaleCache } from './sale-cache.js';

const idsIn = (memory: SaleCache): string[] => memory.all().map(({ id }) => id);

describe('what is remembered of sales', () => {
  it('is the newest version of each, in whatever order they were heard, and however often', () => {
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

  it('is nothing of sales that may not be seen', () => {
    const memory = new SaleCache();
    for (const state of ['preparing', 'refused'] satisfies Sale['state'][]) memory.put(saleOf({ id: state, state }));
    expect(memory.all()).toEqual([]);
  });

  it('is bounded, and those that close first are forgotten first', () => {
    const memory = new SaleCache(2);
    for (const [id, ms] of [
      ['late', 3_000],
      ['first', 1_000],
      ['second', 2_000],
    ] as const)
      memory.put(saleOf({ id, closesAt: fromNow(ms) }));
    expect(idsIn(memory).sort()).toEqual(['late', 'second']);
  });

  it('is listed with those that open last first', () => {
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
