import { type Data, type Product as ProductView, ProductChanged, type PutProduct } from '@sluice/contracts';
import { available } from './stock.js';
import type { CatalogueDecision, CatalogueState, Product } from './tables.js';

/** A product's name and price from now on. Saying the same again changes and tells nothing. */
export function putProduct(state: CatalogueState, { sku, name, price }: Data<typeof PutProduct>): CatalogueDecision<ProductView> {
  const before = state.products[sku];
  const reply = { sku, name, price, available: available(sku, state.stock) };
  if (before && before.name === name && before.priceAmount === price.amount && before.priceCurrency === price.currency) return { reply };
  const product: Product = { sku, name, priceAmount: price.amount, priceCurrency: price.currency, version: (before?.version ?? 0) + 1 };
  return { state: { products: { [sku]: product } }, messages: [ProductChanged({ sku, name, price, version: product.version })], reply };
}
