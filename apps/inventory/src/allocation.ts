import { type Allocation, type Warehouse, WAREHOUSES } from '@sluice/contracts';

export interface Wanted {
  sku: string;
  quantity: number;
}

/** Pieces of a SKU that are free in a warehouse. */
export type OnHand = (sku: string, warehouse: Warehouse) => number;

/** Pieces per SKU, summed over its lines. */
export function totals(lines: readonly Wanted[]): Map<string, number> {
  const wanted = new Map<string, number>();
  for (const { sku, quantity } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity);
  return wanted;
}

/** The SKUs of which all warehouses together have too few pieces. */
export const shortages = (lines: readonly Wanted[], onHand: OnHand): string[] =>
  [...totals(lines)].filter(([sku, quantity]) => sum(sku, WAREHOUSES, onHand) < quantity).map(([sku]) => sku);

/**
 * Chooses the warehouse of each piece: all lines or none, in as few parcels as possible. If one warehouse can serve
 * the whole order, that one; otherwise the fewest that can. A line is split only if none of them has enough.
 *
 * @returns undefined when a SKU is short
 */
export function allocate(lines: readonly Wanted[], onHand: OnHand): Allocation | undefined {
  const wanted = [...totals(lines)];
  const able = SELECTIONS.filter((selection) =>
    wanted.every(([sku, quantity]) => sum(sku, selection, onHand) >= quantity),
  );
  const fewest = Math.min(...able.map((selection) => selection.length));
  const stocked = (selection: readonly Warehouse[]): number =>
    wanted.reduce((pieces, [sku]) => pieces + sum(sku, selection, onHand), 0);
  const chosen = able.filter((selection) => selection.length === fewest).sort((a, b) => stocked(b) - stocked(a))[0];
  return chosen && wanted.flatMap(([sku, quantity]) => fromTheFullest(sku, quantity, chosen, onHand));
}

/**
 * Takes from the fullest shelf first: one warehouse serves the line wherever one has enough, and shelves stay level.
 */
function fromTheFullest(sku: string, quantity: number, warehouses: readonly Warehouse[], onHand: OnHand): Allocation {
  const shelves = [...warehouses].sort((a, b) => onHand(sku, b) - onHand(sku, a));
  const picks: Allocation = [];
  let missing = quantity;
  for (const warehouse of shelves) {
    const taken = Math.min(missing, onHand(sku, warehouse));
    if (taken > 0) picks.push({ sku, warehouse, quantity: taken });
    missing -= taken;
  }
  return picks;
}

const sum = (sku: string, warehouses: readonly Warehouse[], onHand: OnHand): number =>
  warehouses.reduce((pieces, warehouse) => pieces + onHand(sku, warehouse), 0);

/** All subsets of the warehouses. There are 2^n: fine for a handful of warehouses, not for a hundred. */
const SELECTIONS = WAREHOUSES.reduce<Warehouse[][]>(
  (chosen, next) => [...chosen, ...chosen.map((selection) => [...selection, next])],
  [[]],
);
