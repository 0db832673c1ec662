import { randomUUID } from 'node:crypto';
import type { Call } from './callers.js';
import type { KnownResources } from './resources.js';

/** Most orders buy these; they never sell out in a run. */
export const SKUS = ['FUZZ-TEA', 'FUZZ-MUG', 'FUZZ-PEN'];
const PIECES = 900_000;

/** Creates the products, in stock in two warehouses, and adds them to the known resources. */
export async function stockProducts(call: Call, resources: KnownResources): Promise<void> {
  for (const sku of SKUS) {
    const product = { name: `The ${sku}`, price: { amount: 1_200, currency: 'USD' } };
    await call('PUT', `/products/${sku}`, { caller: 'admin', body: product });
    for (const warehouse of ['east', 'west']) {
      const receipt = { warehouse, quantity: PIECES, reference: randomUUID() };
      await call('POST', `/products/${sku}/receipts`, { caller: 'admin', body: receipt });
    }
    resources.add('product', { value: sku });
  }
}
