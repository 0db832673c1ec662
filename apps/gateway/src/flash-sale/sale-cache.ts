import type { Sale } from '@sluice/contracts';
import { isHidden } from './sale-state.js';

/**
 * Cache size, under a megabyte. Sales that close first are evicted first; an evicted sale is requested when a claim
 * needs it.
 */
const MAX_SALES = 1_000;

/** Latest version of each visible sale. */
export class SaleCache {
  readonly #sales = new Map<string, Sale>();

  constructor(private readonly max = MAX_SALES) {}

  get(id: string): Sale | undefined {
    return this.#sales.get(id);
  }

  /** Sorted by opening time, latest first. */
  all(): Sale[] {
    return [...this.#sales.values()].sort((one, other) => Date.parse(other.opensAt) - Date.parse(one.opensAt));
  }

  /** Versions arrive in any order: only a newer one replaces the cached one. */
  put(sale: Sale): void {
    if (isHidden(sale) || sale.version <= (this.#sales.get(sale.id)?.version ?? -1)) return;
    this.#sales.set(sale.id, sale);
    if (this.#sales.size > this.max) this.#evictOne();
  }

  #evictOne(): void {
    const closesFirst = [...this.#sales.values()].reduce((first, sale) =>
      Date.parse(sale.closesAt) < Date.parse(first.closesAt) ? sale : first,
    );
    this.#sales.delete(closesFirst.id);
  }
}
