import type { Data, ProductChanged } from '@sluice/contracts';
import type { Decision, State } from '@sluice/persistence';
import type { productTables } from './tables.js';

/** On `product.changed`. Facts overtake each other: an older version never replaces a newer one. */
export function productChanged(
  { products }: State<typeof productTables>,
  { sku, name, price, version }: Data<typeof ProductChanged>,
): Decision<never, typeof productTables> {
  const current = products[sku]?.version ?? 0;
  return current >= version ? {} : { state: { products: { [sku]: { sku, name, ...price, version } } } };
}
