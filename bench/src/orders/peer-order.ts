import { ADDRESS } from '@sluice/stack/shop-client';
import { CENTS, CUSTOMERS, PRODUCTS } from './system.js';

/** Orders of the peers, of the same shape and size as ours. */
export class PeerOrders {
  readonly #run = Date.now().toString(36);
  #next = 0;
  readonly skus: readonly string[] = Array.from({ length: PRODUCTS }, (_, index) => `BENCH-${this.#run}-${index}`);

  next() {
    const n = this.#next++;
    const sku = this.skus[n % this.skus.length]!;
    const userId = `customer-${n % CUSTOMERS}`;
    return { id: `order-${this.#run}-${n}`, sku, quantity: 1, userId, total: CENTS, address: ADDRESS };
  }
}
