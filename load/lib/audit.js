import { check } from 'k6';
import { Counter } from 'k6/metrics';
import { bodyOf, ordersOf, product, sale, until } from './client.js';
import { tokens } from './tokens.js';

/** Orders that were accepted, minus those that were found in the end: more than 0 have been lost. */
export const unaccounted = new Counter('unaccounted');

const SETTLED_WITHIN_S = 60;
/** Users whose orders are asked for at the same time. */
const AT_A_TIME = 20;
const HOLD_NO_PIECE = ['rejected', 'cancelled'];

/** The books of a sale, when nothing moves in it any more. @returns the sale */
export function auditSale(id, withinSeconds = SETTLED_WITHIN_S) {
  const settled = until(withinSeconds, 1, () => (bodyOf(sale(id)).held === 0 ? true : undefined));
  const found = bodyOf(sale(id));
  const rules = {
    'sale: it tells quantity, remaining, held and sold': ({ quantity, remaining, held, sold }) =>
      [quantity, remaining, held, sold].every(Number.isInteger),
    'sale: quantity = remaining + held + sold': ({ quantity, remaining, held, sold }) =>
      quantity === remaining + held + sold,
    'sale: none of them is negative': ({ remaining, held, sold }) => Math.min(remaining, held, sold) >= 0,
    'sale: everything that was won is paid, or came back': () => settled === true,
    'sale: sold out when nothing remains, and only then': ({ state, remaining }) =>
      state === 'closed' || (state === 'sold-out') === (remaining === 0),
  };
  check(found, rules, { audit: 'sale' });
  return found;
}

/**
 * The books of a product that was ordered piece by piece: every order is decided, and each piece is on the shelf or in an
 * order. Takes `unaccounted` back by the orders that are there; one of them is the setup's own.
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

/** Everybody's orders since then (RFC 3339), each order once. */
function ordersSince(since) {
  const found = [];
  let asked = Array.from(tokens, (token) => ({ token }));
  while (asked.length > 0) {
    const now = asked.slice(0, AT_A_TIME);
    const answers = ordersOf(now);
    const further = now.map(({ token }, i) => {
      const { items = [], next } = bodyOf(answers[i]);
      const ours = items.filter(({ placedAt }) => placedAt >= since);
      found.push(...ours);
      return next && ours.length === items.length ? { token, cursor: next } : undefined;
    });
    asked = [...asked.slice(AT_A_TIME), ...further.filter(Boolean)];
  }
  return found;
}
