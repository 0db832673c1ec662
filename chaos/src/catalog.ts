import { ADMIN } from '@sluice/stack/shop-client';
import type { RetryingShop } from './retrying-shop.js';

/** More than a run can sell. */
const PIECES = 50_000;
const SKUS = ['TEE', 'MUG'];
/** Half of these have no mug: an order that waits for its shelf holds up the shelves of the same order too. */
const BASKETS = [['TEE'], ['TEE', 'PEN'], ['MUG'], ['MUG', 'CAP']];
const COUPON = 'CHAOS';
const OPEN_FOR_MS = 3_600_000;

export interface Catalog {
  skus: readonly string[];
  /** Of the long form: what is bought together. */
  baskets?: readonly (readonly string[])[];
  coupon: string;
  saleId: string;
}

/**
 * Puts up for sale plenty of each product in two warehouses, a coupon, and a flash sale: open, now and then sold out.
 * @param options baskets: customers buy in two halves that share no product
 */
export async function createCatalog(
  shop: RetryingShop,
  options: { saleQuantity: number; payWithinSeconds: number; baskets?: boolean },
): Promise<Catalog> {
  const { saleQuantity: quantity, payWithinSeconds, baskets = false } = options;
  const admin = await shop.signIn(ADMIN);
  for (const sku of new Set([...SKUS, ...(baskets ? BASKETS.flat() : []), 'RUSH']))
    await shop.stock(admin, sku, { east: PIECES, west: PIECES });
  await shop.createCoupon(admin, { code: COUPON, kind: 'percent', value: 10 });
  const sale = await shop.createSale(admin, { sku: 'RUSH', quantity, payWithinSeconds, forMs: OPEN_FOR_MS });
  await shop.until(async () => ((await shop.getSale(sale.id)).body?.state === 'open' ? true : undefined));
  return { skus: SKUS, ...(baskets && { baskets: BASKETS }), coupon: COUPON, saleId: sale.id };
}
