import { type Allocation, type Warehouse, WAREHOUSES } from '@sluice/contracts';

export interface Wanted {
  sku: string;
  quantity: number;
}

/** Pieces of a SKU that are free in a warehouse. */
export type OnHand = (sku: string, warehouse: Warehouse) => number;

/** Pieces per SKU, however many lines name it. */
export function totals(lines: readonly Wanted[]): Map<string, number> {
  const wanted = new Map<string, number>();
  for (const { sku, quantity } of lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity);
  return wanted;
}

/** The SKUs of which all warehouses together have too few pieces. */
export const shortages = (lines: readonly Wanted[], onHand: OnHand): string[] =>
  [...totals(lines)].filter(([sku, quantity]) => sum(sku, WAREHOUSES, onHand) < quantity).map(([sku]) => sku);

/**
 * Which pieces leave from where: all lines or none. As few parcels as possible: one warehouse that can serve the whole order,
 * else the fewest that can; within them, one for a line where one has enough, and the line is split only where none has.
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

/** Taking from the fullest shelf first uses one warehouse wherever one has enough, and keeps the shelves level. */
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

/** Every choice of warehouses. There are 2^n: fine for a handful of warehouses, not for a hundred. */
const SELECTIONS = WAREHOUSES.reduce<Warehouse[][]>(
  (chosen, next) => [...chosen, ...chosen.map((selection) => [...selection, next])],
  [[]],
);
