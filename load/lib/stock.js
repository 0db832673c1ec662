import { createSale, expectStatus, bodyOf, putProduct, receive, sale, signIn, tryOrder, until } from './client.js';
import { ADMIN } from './settings.js';

/** Pieces in one receipt, as the API takes them. */
const MOST_PIECES = 10_000;
/** A new product, its price and a new sale are known to every service within a moment, unless one is down. */
const KNOWN_WITHIN_S = 30;

export const signInAdmin = () => expectStatus(201, signIn(ADMIN)).token;

/** Ours alone, so that the books of this run can be balanced. */
export const newSku = (script) =>
  `LOAD-${script}-${Date.now().toString(36)}-${Math.floor(Math.random() * 1e6).toString(36)}`.toUpperCase();

/**
 * A product of its own for this run, with that many pieces, one of which the first user has ordered: from then on orders
 * knows it. What a script orders and what an audit counts include that one.
 */
export function stock(admin, sku, pieces, token) {
  expectStatus(200, putProduct(admin, sku, { name: `Load test ${sku}`, price: { amount: 1_000, currency: 'USD' } }));
  for (let from = 0; from < pieces; from += MOST_PIECES) {
    expectStatus(
      201,
      receive(admin, sku, {
        warehouse: 'east',
        quantity: Math.min(MOST_PIECES, pieces - from),
        reference: `${sku}-${from}`,
      }),
    );
  }
  const known = until(
    KNOWN_WITHIN_S,
    0.2,
    () => [201, 202].includes(tryOrder(token, sku, `${sku}-first`).status) || undefined,
  );
  if (!known) throw new Error(`orders does not take ${sku} after ${KNOWN_WITHIN_S} s: the price never reached it`);
}

/** A sale of a product of its own, in that state. Times in seconds from now. @returns {string} its id */
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
  const ready = until(opensIn + KNOWN_WITHIN_S, 0.2, () => bodyOf(sale(id)).state === state || undefined);
  if (!ready)
    throw new Error(
      `sale ${id} is not ${state} after ${opensIn + KNOWN_WITHIN_S} s but ${bodyOf(sale(id)).state || 'unknown'}`,
    );
  return id;
}
