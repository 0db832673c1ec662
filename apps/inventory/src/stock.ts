import { type Outgoing, ProductRestocked, WAREHOUSES } from '@sluice/contracts';
import type { OnHand } from './allocation.js';
import type { Stock, StockState } from './tables.js';

/** The key of a product's shelf in a warehouse. */
export const shelf = (sku: string, warehouse: string): string => `${sku}/${warehouse}`;

/** The keys of a product's shelves in all warehouses. */
export const shelvesOf = (sku: string): string[] => WAREHOUSES.map((warehouse) => shelf(sku, warehouse));

type Shelves = Readonly<Record<string, Stock | undefined>>;

/** Pieces of a product that can be ordered now, in all warehouses. */
export const available = (sku: string, shelves: Shelves): number =>
  shelvesOf(sku).reduce((pieces, key) => pieces + (shelves[key]?.onHand ?? 0), 0);

/**
 * Facts about the products that had no piece before these shelves changed, and have some now. The sum of the shelves'
 * versions grows with each change, so that no two returns of a product have the same. All shelves of a product must be
 * locked.
 */
export function restocks({ products, stock }: StockState, changed: Shelves): Outgoing[] {
  const after = { ...stock, ...changed };
  const skus = new Set(Object.values(changed).flatMap((one) => one?.sku ?? []));
  return [...skus]
    .filter((sku) => available(sku, stock) === 0 && available(sku, after) > 0)
    .map((sku) => {
      const version = shelvesOf(sku).reduce((sum, key) => sum + (after[key]?.version ?? 0), 0);
      return ProductRestocked({ sku, name: products[sku]?.name ?? sku, available: available(sku, after), version });
    });
}

/** Pieces free for any order, by SKU and warehouse. */
export const onHand =
  (shelves: Shelves): OnHand =>
  (sku, warehouse) =>
    shelves[shelf(sku, warehouse)]?.onHand ?? 0;

/** A shelf that never had pieces. */
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

/** Adds pieces that arrive at the warehouse. */
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

/** Holds pieces for an order. */
export const reserved = move('onHand', 'reserved');

/** Makes held pieces free for orders again. */
export const released = move('reserved', 'onHand');

/** Removes held pieces, which leave the warehouse. */
export const issued = move('reserved', 'issued');

/** Allots pieces to a sale. */
export const allotted = move('onHand', 'allotted');

/** Takes pieces back that a sale no longer needs. */
export const unallotted = move('allotted', 'onHand');

/** Holds a sale's pieces for one of its orders. */
export const drawn = move('allotted', 'reserved');

/** Makes pieces held for a sale's order free for the sale again. */
export const undrawn = move('reserved', 'allotted');

/** The shelves of the picks, after `move`. @throws Error one of them does not exist */
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
