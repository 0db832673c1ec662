import {
  Cents,
  type Money,
  type OrderLine,
  type ProductVersion,
  Quantity,
  type Sku,
  type UnpaidLimit,
} from '@sluice/contracts';
import type { z } from 'zod';
import type { ProductCopy } from './tables.js';

export type Prices = Readonly<Record<z.output<typeof Sku>, ProductCopy | undefined>>;
export interface RequestedLine {
  sku: string;
  quantity: number;
}

/** Lines as sold: each SKU once, with its name and price. `subtotal` is in cents. */
export interface Priced {
  lines: OrderLine[];
  currency: string;
  subtotal: number;
}

/** Why lines cannot be ordered. */
export interface Refusal {
  reason: 'unknown_product' | 'not_orderable';
  /** Set if the lines could be ordered but the customer has too much unpaid. */
  limit?: UnpaidLimit;
  detail: string;
  skus: string[];
}

/** ISO 4217: no currency is involved. */
const NO_CURRENCY = 'XXX';

/** Prices lines; the same SKU in two lines becomes one line with the pieces of both. */
export function price(requested: readonly RequestedLine[], prices: Prices): Priced | Refusal {
  const unknown = requested.map(({ sku }) => sku).filter((sku) => !prices[sku]);
  if (unknown.length > 0)
    return { reason: 'unknown_product', detail: `There is no product ${unknown.join(', ')}.`, skus: unknown };
  const lines = named(merged(requested), prices);
  const currencies = new Set(lines.map(({ unitPrice }) => unitPrice.currency));
  if (currencies.size > 1) return notOrderable('All lines of an order must have the same currency.', lines);
  const tooMany = lines.filter(({ quantity }) => !Quantity.safeParse(quantity).success);
  if (tooMany.length > 0)
    return notOrderable(`An order takes at most ${Quantity.maxValue} pieces of a product.`, tooMany);
  const subtotal = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice.amount, 0);
  if (!Cents.safeParse(subtotal).success) return notOrderable('The amount is beyond what one order may cost.', lines);
  return { lines, currency: [...currencies][0]!, subtotal };
}

/** Products that a request names, and how the shop showed them. */
interface RequestedProducts {
  lines: readonly RequestedLine[];
  shown?: readonly ProductVersion[] | undefined;
}

/** SKUs of the request that come without the name and price the shop showed. */
export function unshown({ lines, shown = [] }: RequestedProducts): string[] {
  const shownSkus = new Set(shown.map(({ sku }) => sku));
  return [...new Set(lines.map(({ sku }) => sku))].filter((sku) => !shownSkus.has(sku));
}

/** Products as the shop showed them; the others as stored here, whichever version is newer. */
export function offered({ lines, shown = [] }: RequestedProducts, copies: Prices): Prices {
  // Without a prototype: a SKU may be `constructor`.
  const offers: Record<string, ProductCopy | undefined> = Object.create(null);
  for (const { sku } of lines) offers[sku] = copies[sku];
  for (const { sku, name, price, version } of shown) offers[sku] = { sku, name, ...price, version };
  return offers;
}

/** Replaces every price by the price of a sale. */
export const atPrice = (prices: Prices, { amount, currency }: Money): Prices =>
  Object.fromEntries(
    Object.entries(prices).map(([sku, product]) => [sku, product && { ...product, amount, currency }]),
  );

export const isRefusal = (result: Priced | Refusal): result is Refusal => 'reason' in result;

/** Lines with name and price; an unknown product is named by its SKU and has no price. */
export const named = (lines: readonly RequestedLine[], prices: Prices): OrderLine[] =>
  lines.map(({ sku, quantity }) => {
    const { name, amount, currency } = prices[sku] ?? { name: sku, amount: 0, currency: NO_CURRENCY };
    return { sku, name, quantity, unitPrice: { amount, currency } };
  });

/** Amounts of a refused order, which is never priced: zero, in the currency of the first product that has one. */
export const unpriced = (lines: readonly OrderLine[]): Omit<Priced, 'lines'> => ({
  currency:
    lines.map(({ unitPrice }) => unitPrice.currency).find((currency) => currency !== NO_CURRENCY) ?? NO_CURRENCY,
  subtotal: 0,
});

function merged(lines: readonly RequestedLine[]): RequestedLine[] {
  const pieces = new Map<string, number>();
  for (const { sku, quantity } of lines) pieces.set(sku, (pieces.get(sku) ?? 0) + quantity);
  return [...pieces].map(([sku, quantity]) => ({ sku, quantity }));
}

const notOrderable = (detail: string, lines: readonly OrderLine[]): Refusal => ({
  reason: 'not_orderable',
  detail,
  skus: lines.map(({ sku }) => sku),
});
