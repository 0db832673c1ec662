import { Injectable } from '@nestjs/common';
import { GetPrices, type Product, ProductChanged, type ProductVersion, type VersionedProduct } from '@sluice/contracts';
import { Live } from '@sluice/http-kit';
import { Rpc } from '../rpc.js';
import { ProductCache } from './product-cache.js';
import { RecentlyOrdered } from './recently-ordered.js';

/**
 * Timeout of a price request; inventory usually replies within milliseconds. After it the cache is used. Milliseconds.
 */
const TIMEOUT_MS = 250;
/** While inventory does not reply: interval between price requests, for which no order waits. Milliseconds. */
const RETRY_MS = 1_000;
/** Limit of `inventory.prices`. */
const MAX_SKUS = 100;

/**
 * Product versions that this gateway has displayed or would display now: an order is sold at them
 * (docs/decisions/0020).
 */
@Injectable()
export class DisplayedProducts {
  readonly #cache = new ProductCache();
  readonly #recent = new RecentlyOrdered();
  /** By SKU: the price request that is under way. */
  readonly #requests = new Map<string, Promise<void>>();
  #inventoryIsUnavailable = false;
  #requestedAt = -Infinity;

  constructor(
    live: Live,
    private readonly rpc: Rpc,
  ) {
    live.onFact(ProductChanged, (fact) => (fact ? this.#cache.changed(fact.data) : this.#cache.invalidate()));
  }

  /**
   * Records a product that inventory returned and that the customer is about to see.
   * @param requestedAt `performance.now()` before the request
   */
  display({ version, available, ...product }: VersionedProduct, requestedAt: number): Product {
    this.#inventoryIsUnavailable = false;
    if (version !== undefined) this.#cache.confirmed({ ...product, version }, requestedAt);
    return { ...product, available };
  }

  /** Newest version of each product in the cache or at inventory. Requests those that may have changed. */
  async versionsOf(skus: readonly string[]): Promise<ProductVersion[]> {
    this.#recent.add(skus);
    const stale = skus.filter((sku) => !this.#cache.isFresh(sku));
    if (stale.length > 0) await this.#refresh(stale);
    return skus.flatMap((sku) => this.#cache.get(sku) ?? []);
  }

  async #refresh(skus: readonly string[]): Promise<void> {
    if (!this.#inventoryIsUnavailable) await Promise.all(this.#requestsFor(skus));
    else if (performance.now() - this.#requestedAt >= RETRY_MS) void this.#request(skus);
  }

  /** Concurrent orders of one product share one request, which asks for other products too. */
  #requestsFor(skus: readonly string[]): Iterable<Promise<void>> {
    const missing = skus.filter((sku) => !this.#requests.has(sku));
    if (missing.length > 0) {
      const all = [...new Set([...missing, ...this.#dueSoon()])].slice(0, Math.max(MAX_SKUS, missing.length));
      const request = this.#request(all).finally(() => all.forEach((sku) => this.#requests.delete(sku)));
      for (const sku of all) this.#requests.set(sku, request);
    }
    return new Set(skus.map((sku) => this.#requests.get(sku)!));
  }

  /** Products that will be ordered again: asked for now, so that their next orders do not wait. */
  #dueSoon(): string[] {
    return this.#recent
      .skus()
      .filter((sku) => this.#cache.get(sku) && this.#cache.isDueSoon(sku) && !this.#requests.has(sku));
  }

  /** Never rejects: after any failure the cache is used. `sluice_rpc_seconds` counts the outcome. */
  async #request(skus: readonly string[]): Promise<void> {
    const requestedAt = (this.#requestedAt = performance.now());
    try {
      const { items } = await this.rpc.request(GetPrices, { skus: [...skus] }, TIMEOUT_MS);
      for (const product of items) this.#cache.confirmed(product, requestedAt);
      this.#inventoryIsUnavailable = false;
    } catch {
      this.#inventoryIsUnavailable = true;
    }
  }
}
