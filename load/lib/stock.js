import { createSale, expectStatus, bodyOf, putProduct, receive, sale, signIn, tryOrder, until } from './client.js';
import { ADMIN } from './settings.js';

/** Maximum number of pieces in one receipt that the API accepts. */
const MAX_PIECES = 10_000;
/** Every service receives a new product, its price or a new sale within a second, unless the service is down. */
const RECEIVED_WITHIN_S = 30;

export const signInAdmin = () => expectStatus(201, signIn(ADMIN)).token;

/** Returns a new SKU of this run only, so that its audit counts nothing else. */
export const newSku = (script) =>
  `LOAD-${script}-${Date.now().toString(36)}-${Math.floor(Math.random() * 1e6).toString(36)}`.toUpperCase();

/**
 * Creates a product with that many pieces, and orders one of them to check that orders has received the product. The
 * numbers of pieces and orders in the scripts and in the audit include this order.
 */
export function stock(admin, sku, pieces, token) {
  expectStatus(200, putProduct(admin, sku, { name: `Load test ${sku}`, price: { amount: 1_000, currency: 'USD' } }));
  for (let from = 0; from < pieces; from += MAX_PIECES) {
    expectStatus(
      201,
      receive(admin, sku, {
        warehouse: 'east',
        quantity: Math.min(MAX_PIECES, pieces - from),
        reference: `${sku}-${from}`,
      }),
    );
  }
  const accepted = until(
    RECEIVED_WITHIN_S,
    0.2,
    () => [201, 202].includes(tryOrder(token, sku, `${sku}-first`).status) || undefined,
  );
  if (!accepted)
    throw new Error(`orders does not accept ${sku} after ${RECEIVED_WITHIN_S} s: it has not received the price`);
}

/** Creates a sale with its own product and waits for the state. Times in seconds from now. @returns {string} its id */
export function openSale(admin, token, { sku, quantity, opensIn, closesIn, payWithinSeconds, state = 'open' }) {
  stock(admin, sku, quantity + 1, token);
  const at = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
  const price = { amount: 500, currency: 'USD' };
  const { id } = expectStatus(
    201,
    createSale(admin, {
      sku,
      price,
      quantity,
      opensAt: at(opensIn),
      closesAt: at(closesIn),
      payWithinSeconds,
      perUser: 1,
    }),
  );
  const ready = until(opensIn + RECEIVED_WITHIN_S, 0.2, () => bodyOf(sale(id)).state === state || undefined);
  if (!ready)
    throw new Error(
      `sale ${id} is not ${state} after ${opensIn + RECEIVED_WITHIN_S} s but ${bodyOf(sale(id)).state || 'unknown'}`,
    );
  return id;
}
