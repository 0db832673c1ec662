import type { Sale } from '@sluice/contracts';
import { isHidden } from './sale-state.js';

/** Under a megabyte. Those that close first go first; one that is missed here is asked for when somebody comes for it. */
const MAX_SALES = 1_000;

/** The latest that was heard of each sale that may be seen. */
export class SaleCache {
  readonly #sales = new Map<string, Sale>();

  constructor(private readonly max = MAX_SALES) {}

  get(id: string): Sale | undefined {
    return this.#sales.get(id);
  }

  /** Those that open last come first. */
  all(): Sale[] {
    return [...this.#sales.values()].sort((one, other) => Date.parse(other.opensAt) - Date.parse(one.opensAt));
  }

  /** Facts and answers come in any order. */
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
