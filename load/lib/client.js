import { sleep } from 'k6';
import http from 'k6/http';
import { BASE_URL } from './settings.js';

/** What the API promises for a request is no failure (`http_req_failed`), a refusal included. */
const FINE = http.expectedStatuses({ min: 200, max: 299 });
const PLACED = http.expectedStatuses(201, 202);
/** Accepted; sold out or closed; not open yet; the line is full. */
const CLAIMED = http.expectedStatuses(202, 410, 425, 429);
/** After a 202 the resource may not be there yet. */
const THERE_SOON = http.expectedStatuses(200, 404, 503);
const PAID = http.expectedStatuses(200, 202, 409);
/** Beyond what it can do, a system may say so. */
export const PLACED_OR_BUSY = http.expectedStatuses(201, 202, 429, 503);
/** A refusal that its caller waits out. */
const ANY = http.expectedStatuses({ min: 200, max: 599 });

export const CARD_THAT_PAYS = '4242424242424242';
const ADDRESS = { name: 'Ada Byron', street: '12 Analytical Row', city: 'London', postcode: 'N1 7AA', country: 'GB' };
const PATIENCE = '20s';

const ask = (name, { token, headers, expected = FINE } = {}) => ({
  headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }), ...headers },
  tags: { name },
  responseCallback: expected,
  redirects: 0,
  timeout: PATIENCE,
});

const get = (path, name, how) => http.get(BASE_URL + path, ask(name, how));
const send = (method, path, name, body, how) =>
  http.request(method, BASE_URL + path, JSON.stringify(body), ask(name, how));

/** The body, `{}` when there is none: whoever reads from it finds nothing. */
export function bodyOf(response) {
  try {
    return JSON.parse(response.body) || {};
  } catch {
    return {};
  }
}

/** The body of an answer that must be so. @throws Error that says what was answered instead */
export function expectStatus(wanted, response) {
  if (response.status === wanted) return bodyOf(response);
  throw new Error(
    `${response.request.method} ${response.request.url} answered ${response.status || response.error}, not ${wanted}: ${response.body}`,
  );
}

/** Asks, again and again, until there is a result. Undefined when the time is over. */
export function until(withinSeconds, everySeconds, result) {
  for (const end = Date.now() + withinSeconds * 1000; ; sleep(everySeconds)) {
    const found = result();
    if (found !== undefined || Date.now() >= end) return found;
  }
}

export const signIn = (who) => send('POST', '/sessions', 'sign in', who);
export const products = () => get('/products?limit=20', 'products');
export const product = (sku) => get(`/products/${sku}`, 'product');
export const putProduct = (admin, sku, details) =>
  send('PUT', `/products/${sku}`, 'put product', details, { token: admin });
export const receive = (admin, sku, receipt) =>
  send('POST', `/products/${sku}/receipts`, 'receive', receipt, { token: admin });

const ordering = (sku) => ({ lines: [{ sku, quantity: 1 }], address: ADDRESS });
export const placeOrder = (token, sku, key, expected = PLACED) =>
  send('POST', '/orders', 'place', ordering(sku), { token, headers: { 'idempotency-key': key }, expected });
/** A SKU that orders has not heard of yet is 422. */
export const tryOrder = (token, sku, key) => placeOrder(token, sku, key, ANY);
export const order = (token, id) => get(`/orders/${id}`, 'order', { token, expected: THERE_SOON });
export const timeline = (token, id) => get(`/orders/${id}/timeline`, 'timeline', { token });
export const pay = (token, id) =>
  send('POST', `/orders/${id}/payment`, 'pay', { card: CARD_THAT_PAYS }, { token, expected: PAID });
/** The newest twenty. */
export const orders = (token) => get('/orders', 'orders', { token });
/** A page of the orders of each user, asked for at the same time. */
export const ordersOf = (asked) =>
  http.batch(
    asked.map(({ token, cursor }) => ({
      method: 'GET',
      url: `${BASE_URL}/orders?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      params: ask('orders', { token }),
    })),
  );

export const createSale = (admin, sale) => send('POST', '/flash-sales', 'create sale', sale, { token: admin });
export const sale = (id) => get(`/flash-sales/${id}`, 'sale', { expected: THERE_SOON });
export const claim = (token, saleId) =>
  send('POST', `/flash-sales/${saleId}/claims`, 'claim', { address: ADDRESS }, { token, expected: CLAIMED });
export const ticket = (token, saleId, id) => get(`/flash-sales/${saleId}/claims/${id}`, 'ticket', { token });
