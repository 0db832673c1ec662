import { WAREHOUSES } from '@sluice/contracts';
import type { OnHand } from './allocation.js';
import type { Stock } from './tables.js';

/** The key of a product's shelf in a warehouse. */
export const shelf = (sku: string, warehouse: string): string => `${sku}/${warehouse}`;

/** The keys of a product's shelves in all warehouses. */
export const shelvesOf = (sku: string): string[] => WAREHOUSES.map((warehouse) => shelf(sku, warehouse));

type Shelves = Readonly<Record<string, Stock | undefined>>;

/** Pieces of a product that can be ordered now, in all warehouses. */
export const available = (sku: string, shelves: Shelves): number =>
  shelvesOf(sku).reduce((pieces, key) => pieces + (shelves[key]?.onHand ?? 0), 0);

/** Those that any order may have. */
export const onHand =
  (shelves: Shelves): OnHand =>
  (sku, warehouse) =>
    shelves[shelf(sku, warehouse)]?.onHand ?? 0;

/** A shelf on which nothing has ever been. */
export const emptyShelf = (sku: string, warehouse: string): Stock => ({
  sku,
  warehouse,
  received: 0,
  onHand: 0,
  reserved: 0,
  allotted: 0,
  issued: 0,
  version: 0,
});

/** Pieces come into the warehouse. */
export const received = (stock: Stock, pieces: number): Stock => ({
  ...stock,
  received: stock.received + pieces,
  onHand: stock.onHand + pieces,
  version: stock.version + 1,
});

type Place = 'onHand' | 'reserved' | 'allotted' | 'issued';
const move =
  (from: Place, to: Place) =>
  (stock: Stock, pieces: number): Stock => ({
    ...stock,
    [from]: stock[from] - pieces,
    [to]: stock[to] + pieces,
    version: stock.version + 1,
  });

/** Pieces are held for an order. */
export const reserved = move('onHand', 'reserved');

/** Held pieces can be ordered again. */
export const released = move('reserved', 'onHand');

/** Held pieces leave the warehouse. */
export const issued = move('reserved', 'issued');

/** Pieces are set aside for a sale. */
export const allotted = move('onHand', 'allotted');

/** A sale does not need its pieces any more. */
export const unallotted = move('allotted', 'onHand');

/** A sale's pieces are held for one of its orders. */
export const drawn = move('allotted', 'reserved');

/** Pieces held for a sale's order can be sold in the sale again. */
export const undrawn = move('reserved', 'allotted');

/** The shelves from which picks are taken, after `move`. @throws Error when one of them is unknown */
export function moved(
  shelves: Shelves,
  picks: readonly { sku: string; warehouse: string; quantity: number }[],
  move: (stock: Stock, pieces: number) => Stock,
): Record<string, Stock> {
  return Object.fromEntries(
    picks.map(({ sku, warehouse, quantity }) => {
      const key = shelf(sku, warehouse);
      const stock = shelves[key];
      if (!stock) throw new Error(`there is no stock of ${sku} in ${warehouse}`);
      return [key, move(stock, quantity)];
    }),
  );
}
