import type { Data, ProductChanged } from '@sluice/contracts';
import type { ProductDecision, ProductState } from './tables.js';

/** On `product.changed`. Facts overtake each other: an older version never replaces a newer one. */
export function productChanged(
  { products }: ProductState,
  { sku, name, price, version }: Data<typeof ProductChanged>,
): ProductDecision {
  const current = products[sku]?.version ?? 0;
  return current >= version ? {} : { state: { products: { [sku]: { sku, name, ...price, version } } } };
}
