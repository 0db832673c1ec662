import { type Warehouse, WAREHOUSES } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate, type OnHand, shortages, totals } from './allocation.js';

type Shelves = Record<string, Record<Warehouse, number>>;

const onHandIn =
  (shelves: Shelves): OnHand =>
  (sku, warehouse) =>
    shelves[sku]?.[warehouse] ?? 0;
const allocateFrom = (shelves: Shelves, ...lines: [string, number][]) =>
  allocate(
    lines.map(([sku, quantity]) => ({ sku, quantity })),
    onHandIn(shelves),
  );

describe('allocate', () => {
  it('serves the whole order from one warehouse when one can', () => {
    const shelves = { cap: { east: 9, west: 2 }, mug: { east: 1, west: 5 } };
    expect(allocateFrom(shelves, ['cap', 2], ['mug', 3])).toEqual([
      { sku: 'cap', warehouse: 'west', quantity: 2 },
      { sku: 'mug', warehouse: 'west', quantity: 3 },
    ]);
  });

  it('serves each line from one warehouse when none can serve all', () => {
    const shelves = { cap: { east: 5, west: 0 }, mug: { east: 0, west: 5 } };
    expect(allocateFrom(shelves, ['cap', 2], ['mug', 3])).toEqual([
      { sku: 'cap', warehouse: 'east', quantity: 2 },
      { sku: 'mug', warehouse: 'west', quantity: 3 },
    ]);
  });

  it('splits a line only when no warehouse has enough of it', () => {
    expect(allocateFrom({ cap: { east: 3, west: 4 } }, ['cap', 6])).toEqual([
      { sku: 'cap', warehouse: 'west', quantity: 4 },
      { sku: 'cap', warehouse: 'east', quantity: 2 },
    ]);
  });

  it('takes from the fuller of two warehouses that could both serve', () => {
    expect(allocateFrom({ cap: { east: 5, west: 8 } }, ['cap', 1])).toEqual([
      { sku: 'cap', warehouse: 'west', quantity: 1 },
    ]);
  });

  it('counts two lines of one SKU together', () => {
    const shelves = { cap: { east: 3, west: 0 } };
    expect(allocateFrom(shelves, ['cap', 2], ['cap', 1])).toEqual([{ sku: 'cap', warehouse: 'east', quantity: 3 }]);
    expect(allocateFrom(shelves, ['cap', 2], ['cap', 2])).toBeUndefined();
  });

  it('holds nothing when one line of many is short', () => {
    const shelves = { cap: { east: 100, west: 0 }, mug: { east: 1, west: 1 } };
    expect(allocateFrom(shelves, ['cap', 1], ['mug', 3])).toBeUndefined();
    expect(
      shortages(
        [
          { sku: 'cap', quantity: 1 },
          { sku: 'mug', quantity: 3 },
        ],
        onHandIn(shelves),
      ),
    ).toEqual(['mug']);
  });

  const skus = fc.constantFrom('cap', 'mug', 'tee');
  const pieces = fc.integer({ min: 0, max: 6 });
  const shelvesOfAll = fc.dictionary(skus, fc.record({ east: pieces, west: pieces }), { noNullPrototype: true });
  const orders = fc.array(fc.record({ sku: skus, quantity: fc.integer({ min: 1, max: 7 }) }), {
    minLength: 1,
    maxLength: 5,
  });

  it('never takes more than a shelf holds, and takes exactly what was ordered', () => {
    fc.assert(
      fc.property(orders, shelvesOfAll, (lines, shelves) => {
        const allocation = allocate(lines, onHandIn(shelves)) ?? [];
        for (const { sku, warehouse, quantity } of allocation)
          expect(quantity).toBeLessThanOrEqual(shelves[sku]![warehouse]);
        if (allocation.length > 0) expect(totals(allocation)).toEqual(totals(lines));
        expect(new Set(allocation.map(({ sku, warehouse }) => `${sku}/${warehouse}`)).size).toBe(allocation.length);
      }),
    );
  });

  it('refuses exactly when all warehouses together have too little of a SKU', () => {
    fc.assert(
      fc.property(orders, shelvesOfAll, (lines, shelves) => {
        const enough = [...totals(lines)].every(
          ([sku, quantity]) => quantity <= (shelves[sku]?.east ?? 0) + (shelves[sku]?.west ?? 0),
        );
        expect(allocate(lines, onHandIn(shelves)) !== undefined).toBe(enough);
        expect(shortages(lines, onHandIn(shelves)).length === 0).toBe(enough);
      }),
    );
  });

  it('makes the fewest parcels, and splits no line that one of its warehouses can serve', () => {
    fc.assert(
      fc.property(orders, shelvesOfAll, (lines, shelves) => {
        const allocation = allocate(lines, onHandIn(shelves));
        if (!allocation) return;
        const used = new Set(allocation.map(({ warehouse }) => warehouse));
        const servesAll = (warehouse: Warehouse): boolean =>
          [...totals(lines)].every(([sku, quantity]) => quantity <= (shelves[sku]?.[warehouse] ?? 0));
        expect(used.size).toBe(WAREHOUSES.some(servesAll) ? 1 : 2);
        for (const [sku, quantity] of totals(lines)) {
          const picks = allocation.filter((pick) => pick.sku === sku);
          if ([...used].some((warehouse) => quantity <= shelves[sku]![warehouse])) expect(picks).toHaveLength(1);
        }
      }),
    );
  });
});
