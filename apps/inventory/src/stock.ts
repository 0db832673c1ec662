import { WAREHOUSES } from '@sluice/contracts';
import type { Stock } from './tables.js';

/** The key of a product's shelf in a warehouse. */
export const shelf = (sku: string, warehouse: string): string => `${sku}/${warehouse}`;

/** The keys of a product's shelves in all warehouses. */
export const shelvesOf = (sku: string): string[] => WAREHOUSES.map((warehouse) => shelf(sku, warehouse));

type Shelves = Readonly<Record<string, Stock | undefined>>;

/** Pieces of a product that can be ordered now, in all warehouses. */
export const available = (sku: string, shelves: Shelves): number => shelvesOf(sku).reduce((pieces, key) => pieces + (shelves[key]?.onHand ?? 0), 0);

/** A shelf on which nothing has ever been. */
export const emptyShelf = (sku: string, warehouse: string): Stock => ({ sku, warehouse, received: 0, onHand: 0, reserved: 0, allotted: 0, issued: 0, version: 0 });

/** Pieces come into the warehouse. */
export const received = (stock: Stock, pieces: number): Stock => ({ ...stock, received: stock.received + pieces, onHand: stock.onHand + pieces, version: stock.version + 1 });

/** Pieces are held for an order. */
export const reserved = (stock: Stock, pieces: number): Stock => ({ ...stock, onHand: stock.onHand - pieces, reserved: stock.reserved + pieces, version: stock.version + 1 });

/** Held pieces can be ordered again. */
export const released = (stock: Stock, pieces: number): Stock => ({ ...stock, onHand: stock.onHand + pieces, reserved: stock.reserved - pieces, version: stock.version + 1 });

/** Held pieces leave the warehouse. */
export const issued = (stock: Stock, pieces: number): Stock => ({ ...stock, reserved: stock.reserved - pieces, issued: stock.issued + pieces, version: stock.version + 1 });

/** The shelves from which picks are taken, after `move`. @throws Error when one of them is unknown */
export function moved(shelves: Shelves, picks: readonly { sku: string; warehouse: string; quantity: number }[], move: (stock: Stock, pieces: number) => Stock): Record<string, Stock> {
  return Object.fromEntries(
    picks.map(({ sku, warehouse, quantity }) => {
      const key = shelf(sku, warehouse);
      const stock = shelves[key];
      if (!stock) throw new Error(`there is no stock of ${sku} in ${warehouse}`);
      return [key, move(stock, quantity)];
    }),
  );
}
