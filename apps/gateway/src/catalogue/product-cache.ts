import type { ProductVersion } from '@sluice/contracts';

/** Some 3 MB. The one that was remembered longest ago goes first: inventory is asked for it when it is ordered. */
const MAX_PRODUCTS = 10_000;
/**
 * A change is heard of over `shop.live` within milliseconds. A fact may be lost on the way or rest in inventory's
 * outbox, so after this time inventory is asked whether the product is still what it was. Milliseconds.
 */
const FRESH_MS = 5_000;

interface CachedProduct {
  product: ProductVersion;
  /** When inventory was asked and said that this is the newest version. Milliseconds, by the clock. */
  confirmedAt: number;
}

/** The newest version that was seen of each product. An older one never replaces it, in whatever order they come. */
export class ProductCache {
  readonly #products = new Map<string, CachedProduct>();
  #invalidatedAt = -Infinity;

  /** @param clock milliseconds, never going back */
  constructor(
    private readonly clock: () => number = () => performance.now(),
    private readonly max = MAX_PRODUCTS,
  ) {}

  get(sku: string): ProductVersion | undefined {
    return this.#products.get(sku)?.product;
  }

  /** Inventory has said not long ago that this is the newest version. */
  isFresh(sku: string): boolean {
    const confirmedAt = this.#products.get(sku)?.confirmedAt ?? -Infinity;
    return confirmedAt > this.#invalidatedAt && this.clock() - confirmedAt < FRESH_MS;
  }

  /** What inventory answers. @param askedAt when it was asked: a newer version may have been made since */
  confirmed(product: ProductVersion, askedAt: number): void {
    const known = this.#products.get(product.sku);
    if (known && known.product.version > product.version) return;
    this.#keep({ product, confirmedAt: Math.max(askedAt, isSame(known, product) ? known.confirmedAt : -Infinity) });
  }

  /** A fact about the product. It may be late, so it does not say that there is no newer version. */
  changed(product: ProductVersion): void {
    const version = this.get(product.sku)?.version ?? -Infinity;
    if (product.version > version) this.#keep({ product, confirmedAt: -Infinity });
  }

  /** Facts may have been missed. */
  invalidate(): void {
    this.#invalidatedAt = this.clock();
  }

  #keep(cached: CachedProduct): void {
    const { sku } = cached.product;
    this.#products.delete(sku);
    this.#products.set(sku, cached);
    if (this.#products.size > this.max) this.#products.delete(this.#products.keys().next().value!);
  }
}

const isSame = (known: CachedProduct | undefined, { version }: ProductVersion): known is CachedProduct =>
  known?.product.version === version;
