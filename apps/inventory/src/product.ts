import { type Data, type Outgoing, ProductChanged, type PutProduct, type VersionedProduct } from '@sluice/contracts';
import { available, shelvesOf } from './stock.js';
import type { Product, ProductDecision, ProductKeys, ProductState } from './tables.js';

type Details = Data<typeof PutProduct>;

export const productKeys = ({ sku }: Details): ProductKeys => ({ products: [sku], stock: shelvesOf(sku) });

/** Sets a product's name and price. A repeat changes nothing and publishes nothing. */
export function putProduct(state: ProductState, details: Details): ProductDecision<VersionedProduct> {
  const { sku, name, price } = details;
  const before = state.products[sku];
  const answer = (version: number) => ({ sku, name, price, available: available(sku, state.stock), version });
  if (before && isAsBefore(before, details)) return { reply: answer(before.version) };
  const version = (before?.version ?? 0) + 1;
  const product: Product = { sku, name, priceAmount: price.amount, priceCurrency: price.currency, version };
  return { state: { products: { [sku]: product } }, messages: [changeOf(product)], reply: answer(version) };
}

/** The product's fact again, for those who may have missed it. */
export function announceProduct(state: ProductState, sku: string): ProductDecision {
  const product = state.products[sku];
  return product ? { messages: [changeOf(product)] } : {};
}

const changeOf = ({ sku, name, priceAmount: amount, priceCurrency: currency, version }: Product): Outgoing =>
  ProductChanged({ sku, name, price: { amount, currency }, version });

const isAsBefore = (before: Product, { name, price }: Details): boolean =>
  before.name === name && before.priceAmount === price.amount && before.priceCurrency === price.currency;
