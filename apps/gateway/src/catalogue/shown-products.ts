import { Injectable } from '@nestjs/common';
import { GetPrices, type Product, ProductChanged, type ProductVersion, type VersionedProduct } from '@sluice/contracts';
import { Live } from '../live/live.js';
import { Rpc } from '../rpc.js';
import { ProductMemory } from './product-memory.js';

/** An order waits so long for inventory, which answers in some ms; then what is remembered counts. Milliseconds. */
const PATIENCE_MS = 250;
/** While inventory does not answer it is asked so often, and no order waits for it. Milliseconds. */
const ASK_AGAIN_MS = 1_000;

/** What this gateway has shown, or would show now, of the products: an order is sold at that (docs/decisions/0020). */
@Injectable()
export class ShownProducts {
  readonly #memory = new ProductMemory();
  /** By SKU: the question that is under way. */
  readonly #questions = new Map<string, Promise<void>>();
  #inventoryIsSilent = false;
  #askedAt = -Infinity;

  constructor(
    live: Live,
    private readonly rpc: Rpc,
  ) {
    live.hear(ProductChanged, (fact) => (fact ? this.#memory.heard(fact.data) : this.#memory.doubt()));
  }

  /**
   * Inventory has answered with this product, and the customer is going to see it.
   * @param askedAt `performance.now()` before the question
   */
  shows({ version, available, ...product }: VersionedProduct, askedAt: number): Product {
    this.#inventoryIsSilent = false;
    if (version !== undefined) this.#memory.confirmed({ ...product, version }, askedAt);
    return { ...product, available };
  }

  /** Those that are known here or to inventory, each as of its newest version. Asks for those that may have changed. */
  async of(skus: readonly string[]): Promise<ProductVersion[]> {
    const doubtful = skus.filter((sku) => !this.#memory.isFresh(sku));
    if (doubtful.length > 0) await this.#ask(doubtful);
    return skus.flatMap((sku) => this.#memory.get(sku) ?? []);
  }

  async #ask(skus: readonly string[]): Promise<void> {
    if (!this.#inventoryIsSilent) await Promise.all(this.#questionsAbout(skus));
    else if (performance.now() - this.#askedAt >= ASK_AGAIN_MS) void this.#question(skus);
  }

  /** Many orders of one product at a time ask once. */
  #questionsAbout(skus: readonly string[]): Iterable<Promise<void>> {
    const unasked = skus.filter((sku) => !this.#questions.has(sku));
    if (unasked.length > 0) {
      const question = this.#question(unasked).finally(() => unasked.forEach((sku) => this.#questions.delete(sku)));
      for (const sku of unasked) this.#questions.set(sku, question);
    }
    return new Set(skus.map((sku) => this.#questions.get(sku)!));
  }

  /** Never rejects: whatever the failure, what is remembered counts. `sluice_rpc_seconds` counts it by its outcome. */
  async #question(skus: readonly string[]): Promise<void> {
    const askedAt = (this.#askedAt = performance.now());
    try {
      const { items } = await this.rpc.ask(GetPrices, { skus: [...skus] }, PATIENCE_MS);
      for (const product of items) this.#memory.confirmed(product, askedAt);
      this.#inventoryIsSilent = false;
    } catch {
      this.#inventoryIsSilent = true;
    }
  }
}
