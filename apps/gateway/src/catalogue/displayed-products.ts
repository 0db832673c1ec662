import { Injectable } from '@nestjs/common';
import { GetPrices, type Product, ProductChanged, type ProductVersion, type VersionedProduct } from '@sluice/contracts';
import { Live } from '../live/live.js';
import { Rpc } from '../rpc.js';
import { ProductCache } from './product-cache.js';

/** An order waits so long for inventory, which answers in some ms; then what is remembered counts. Milliseconds. */
const PATIENCE_MS = 250;
/** While inventory does not answer it is asked so often, and no order waits for it. Milliseconds. */
const ASK_AGAIN_MS = 1_000;

/** What this gateway has shown, or would show now, of the products: an order is sold at that (docs/decisions/0020). */
@Injectable()
export class DisplayedProducts {
  readonly #cache = new ProductCache();
  /** By SKU: the question that is under way. */
  readonly #requests = new Map<string, Promise<void>>();
  #inventoryIsUnavailable = false;
  #askedAt = -Infinity;

  constructor(
    live: Live,
    private readonly rpc: Rpc,
  ) {
    live.onFact(ProductChanged, (fact) => (fact ? this.#cache.changed(fact.data) : this.#cache.invalidate()));
  }

  /**
   * Inventory has answered with this product, and the customer is going to see it.
   * @param askedAt `performance.now()` before the question
   */
  display({ version, available, ...product }: VersionedProduct, askedAt: number): Product {
    this.#inventoryIsUnavailable = false;
    if (version !== undefined) this.#cache.confirmed({ ...product, version }, askedAt);
    return { ...product, available };
  }

  /** Those that are known here or to inventory, each as of its newest version. Asks for those that may have changed. */
  async versionsOf(skus: readonly string[]): Promise<ProductVersion[]> {
    const stale = skus.filter((sku) => !this.#cache.isFresh(sku));
    if (stale.length > 0) await this.#refresh(stale);
    return skus.flatMap((sku) => this.#cache.get(sku) ?? []);
  }

  async #refresh(skus: readonly string[]): Promise<void> {
    if (!this.#inventoryIsUnavailable) await Promise.all(this.#requestsFor(skus));
    else if (performance.now() - this.#askedAt >= ASK_AGAIN_MS) void this.#request(skus);
  }

  /** Many orders of one product at a time ask once. */
  #requestsFor(skus: readonly string[]): Iterable<Promise<void>> {
    const missing = skus.filter((sku) => !this.#requests.has(sku));
    if (missing.length > 0) {
      const request = this.#request(missing).finally(() => missing.forEach((sku) => this.#requests.delete(sku)));
      for (const sku of missing) this.#requests.set(sku, request);
    }
    return new Set(skus.map((sku) => this.#requests.get(sku)!));
  }

  /** Never rejects: whatever the failure, what is remembered counts. `sluice_rpc_seconds` counts it by its outcome. */
  async #request(skus: readonly string[]): Promise<void> {
    const askedAt = (this.#askedAt = performance.now());
    try {
      const { items } = await this.rpc.request(GetPrices, { skus: [...skus] }, PATIENCE_MS);
      for (const product of items) this.#cache.confirmed(product, askedAt);
      this.#inventoryIsUnavailable = false;
    } catch {
      this.#inventoryIsUnavailable = true;
    }
  }
}
