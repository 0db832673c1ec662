import { check } from 'k6';
import { Counter } from 'k6/metrics';
import { bodyOf, ordersOf, product, sale, until } from './client.js';
import { tokens } from './tokens.js';

/** Accepted orders minus orders found at the end; more than 0 means that orders were lost. */
export const unaccounted = new Counter('unaccounted');

const SETTLED_WITHIN_S = 60;
/** Number of users whose orders are requested at the same time. */
const BATCH_SIZE = 20;
const HOLD_NO_PIECE = ['rejected', 'cancelled'];

/** Audits a sale after it has settled, which means that no piece is held. @returns the sale */
export function auditSale(id, withinSeconds = SETTLED_WITHIN_S) {
  const settled = until(withinSeconds, 1, () => (bodyOf(sale(id)).held === 0 ? true : undefined));
  const found = bodyOf(sale(id));
  const rules = {
    'sale: it has quantity, remaining, held and sold': ({ quantity, remaining, held, sold }) =>
      [quantity, remaining, held, sold].every(Number.isInteger),
    'sale: quantity = remaining + held + sold': ({ quantity, remaining, held, sold }) =>
      quantity === remaining + held + sold,
    'sale: none of them is negative': ({ remaining, held, sold }) => Math.min(remaining, held, sold) >= 0,
    'sale: every piece that was won is paid, or was returned': () => settled === true,
    'sale: sold out when nothing remains, and only then': ({ state, remaining }) =>
      state === 'closed' || (state === 'sold-out') === (remaining === 0),
  };
  check(found, rules, { audit: 'sale' });
  return found;
}

/**
 * Audits a product that was ordered piece by piece: every order is decided, and each piece is in stock or in an order.
 * Subtracts the orders that were found from `unaccounted`, except the one that the setup placed.
 */
export function auditOrders(sku, pieces, since, withinSeconds = SETTLED_WITHIN_S) {
  let found = [];
  let available;
  until(withinSeconds, 2, () => {
    found = ordersSince(since).filter(({ lines }) => lines[0].sku === sku);
    ({ available } = bodyOf(product(sku)));
    return decided(found) && balanced(found, available, pieces) ? true : undefined;
  });
  const rules = {
    'orders: every one of them is decided': () => decided(found),
    'orders: every piece is on the shelf or in an order': () => balanced(found, available, pieces),
  };
  check(found, rules, { audit: 'orders' });
  unaccounted.add(1 - found.length);
}

const decided = (found) => found.every(({ status }) => status !== 'pending');
const balanced = (found, available, pieces) =>
  available + found.filter(({ status }) => !HOLD_NO_PIECE.includes(status)).length === pieces;

/** Returns the orders of all users since a time (RFC 3339), each order once. */
function ordersSince(since) {
  const found = [];
  let pages = Array.from(tokens, (token) => ({ token }));
  while (pages.length > 0) {
    const batch = pages.slice(0, BATCH_SIZE);
    const answers = ordersOf(batch);
    const further = batch.map(({ token }, i) => {
      const { items = [], next } = bodyOf(answers[i]);
      const ours = items.filter(({ placedAt }) => placedAt >= since);
      found.push(...ours);
      return next && ours.length === items.length ? { token, cursor: next } : undefined;
    });
    pages = [...pages.slice(BATCH_SIZE), ...further.filter(Boolean)];
  }
  return found;
}
