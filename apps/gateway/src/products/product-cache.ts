import type { ProductVersion } from '@sluice/contracts';

/** Cache size, some 3 MB. The product cached longest ago is evicted first and requested again when it is ordered. */
const MAX_PRODUCTS = 10_000;
/**
 * How long a cached version counts as current. A change usually arrives on `shop.live` within milliseconds, but its
 * fact may be lost or delayed in inventory's outbox, so the version is confirmed with inventory after this time.
 * Milliseconds.
 */
const FRESH_MS = 5_000;

interface CachedProduct {
  product: ProductVersion;
  /** When the request was sent to which inventory replied with this version. Milliseconds, by the cache's clock. */
  confirmedAt: number;
}

/** Newest version of each product. An older version never replaces it, in whatever order they arrive. */
export class ProductCache {
  readonly #products = new Map<string, CachedProduct>();
  #invalidatedAt = -Infinity;

  /** @param clock monotonic, milliseconds */
  constructor(
    private readonly clock: () => number = () => performance.now(),
    private readonly max = MAX_PRODUCTS,
  ) {}

  get(sku: string): ProductVersion | undefined {
    return this.#products.get(sku)?.product;
  }

  /** Whether inventory confirmed this version recently, and no facts may have been missed since. */
  isFresh(sku: string): boolean {
    return this.#ageOf(sku) < FRESH_MS;
  }

  /** Whether the version will not be fresh for long. */
  isDueSoon(sku: string): boolean {
    return this.#ageOf(sku) >= FRESH_MS / 2;
  }

  /** Time since inventory confirmed the version; infinite when facts may have been missed since. Milliseconds. */
  #ageOf(sku: string): number {
    const confirmedAt = this.#products.get(sku)?.confirmedAt ?? -Infinity;
    return confirmedAt > this.#invalidatedAt ? this.clock() - confirmedAt : Infinity;
  }

  /**
   * Stores a version that inventory returned.
   * @param requestedAt when the request was sent: a newer version may exist since then
   */
  confirmed(product: ProductVersion, requestedAt: number): void {
    const cached = this.#products.get(product.sku);
    if (cached && cached.product.version > product.version) return;
    this.#keep({
      product,
      confirmedAt: Math.max(requestedAt, isSame(cached, product) ? cached.confirmedAt : -Infinity),
    });
  }

  /** Stores a version from a fact. Facts may be late, so one does not confirm that its version is the newest. */
  changed(product: ProductVersion): void {
    const version = this.get(product.sku)?.version ?? -Infinity;
    if (product.version > version) this.#keep({ product, confirmedAt: -Infinity });
  }

  /** Marks all versions as unconfirmed: facts may have been missed. */
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

const isSame = (cached: CachedProduct | undefined, { version }: ProductVersion): cached is CachedProduct =>
  cached?.product.version === version;
