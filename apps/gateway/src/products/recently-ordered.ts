/** Longer than a version counts as confirmed, so that a product sold all the time does not leave in between. */
const RECENT_MS = 10_000;
/** Above it most products would be asked for in vain: they are not ordered again while their versions are confirmed. */
const MAX_PRODUCTS = 100;
/** Products whose times are kept, only to know that there are too many. */
const MAX_KEPT = 1_000;

/** The products that customers order at present, while they are few. */
export class RecentlyOrdered {
  /** Times of the last orders by SKU, oldest first. Milliseconds, by the clock given. */
  readonly #orderedAt = new Map<string, number>();

  /** @param clock monotonic, milliseconds */
  constructor(private readonly clock: () => number = () => performance.now()) {}

  add(skus: readonly string[]): void {
    for (const sku of skus) {
      this.#orderedAt.delete(sku);
      this.#orderedAt.set(sku, this.clock());
    }
    this.#forget();
  }

  /** Latest first; empty when they are too many. */
  skus(): string[] {
    this.#forget();
    return this.#orderedAt.size > MAX_PRODUCTS ? [] : [...this.#orderedAt.keys()].reverse();
  }

  #forget(): void {
    const oldest = this.clock() - RECENT_MS;
    for (const [sku, orderedAt] of this.#orderedAt) {
      if (orderedAt > oldest && this.#orderedAt.size <= MAX_KEPT) return;
      this.#orderedAt.delete(sku);
    }
  }
}
