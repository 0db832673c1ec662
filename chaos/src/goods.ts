// @ts-nocheck
import { randomUUID } from 'node:crypto';

const ADMIN = { phone: '+10000000000', password: 'admin-password' };
/** More than a run can sell. */
const PIECES = 50_000;
const SKUS = ['TEE', 'MUG'];
/** Half of these have nothing to do with the mug: whoever waits for its shelf holds up the shelves of the same order too. */
const BASKETS = [['TEE'], ['TEE', 'PEN'], ['MUG'], ['MUG', 'CAP']];
const COUPON = 'CHAOS';
const inMs = (ms) => new Date(Date.now() + ms).toISOString();

/**
 * What is for sale: plenty of two products in two warehouses, a coupon, and a sale that is open all the time and now and then
 * sold out.
 * @param {import('./shop.js').Shop} shop @param {{ saleQuantity: number, payWithinSeconds: number, baskets?: boolean }} options baskets: customers buy in two halves that share no product
 */
export async function stockUp(shop, { saleQuantity, payWithinSeconds, baskets = false }) {
  const { token } = await shop.expect(201, 'POST', '/sessions', { body: ADMIN });
  const admin = (status, method, path, body) => shop.expect(status, method, path, { token, body });
  for (const sku of new Set([...SKUS, ...(baskets ? BASKETS.flat() : []), 'RUSH'])) {
    await admin(200, 'PUT', `/products/${sku}`, { name: `The ${sku}`, price: { amount: 1_000, currency: 'USD' } });
    for (const warehouse of ['east', 'west'])
      await admin(201, 'POST', `/products/${sku}/receipts`, { warehouse, quantity: PIECES, reference: randomUUID() });
  }
  await admin(201, 'POST', '/coupons', { code: COUPON, kind: 'percent', value: 10 });
  const sale = {
    sku: 'RUSH',
    quantity: saleQuantity,
    price: { amount: 500, currency: 'USD' },
    opensAt: inMs(-1_000),
    closesAt: inMs(3_600_000),
    payWithinSeconds,
    perUser: 1,
  };
  const { id: saleId } = await admin(201, 'POST', '/flash-sales', sale);
  await shop.until(async () =>
    (await shop.call('GET', `/flash-sales/${saleId}`)).body?.state === 'open' ? true : undefined,
  );
  return { skus: SKUS, ...(baskets && { baskets: BASKETS }), coupon: COUPON, saleId };
}
