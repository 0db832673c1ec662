import { sleep } from 'k6';
import http from 'k6/http';
import { BASE_URL } from './settings.js';

/** Statuses that the API documents for a request are no failure (`http_req_failed`), including refusals. */
const SUCCESS = http.expectedStatuses({ min: 200, max: 299 });
const PLACED = http.expectedStatuses(201, 202);
/** 202 accepted; 410 sold out or closed; 425 not open yet; 429 the queue is full. */
const CLAIMED = http.expectedStatuses(202, 410, 425, 429);
/** After a 202 the resource may not exist yet. */
const THERE_SOON = http.expectedStatuses(200, 404, 503);
const PAID = http.expectedStatuses(200, 202, 409);
/** Above its capacity the system may refuse orders. */
export const PLACED_OR_BUSY = http.expectedStatuses(201, 202, 429, 503);
/** Any status: the caller retries after a refusal. */
const ANY = http.expectedStatuses({ min: 200, max: 599 });

export const CARD_THAT_PAYS = '4242424242424242';
const ADDRESS = { name: 'Ada Byron', street: '12 Analytical Row', city: 'London', postcode: 'N1 7AA', country: 'GB' };
const TIMEOUT = '20s';

const params = (name, { token, headers, expected = SUCCESS } = {}) => ({
  headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }), ...headers },
  tags: { name },
  responseCallback: expected,
  redirects: 0,
  timeout: TIMEOUT,
});

const get = (path, name, how) => http.get(BASE_URL + path, params(name, how));
const send = (method, path, name, body, how) =>
  http.request(method, BASE_URL + path, JSON.stringify(body), params(name, how));

/** Returns the JSON body of a response; `{}` when there is none, so that its fields are undefined. */
export function bodyOf(response) {
  try {
    return JSON.parse(response.body) || {};
  } catch {
    return {};
  }
}

/** Returns the body of a response with the wanted status. @throws Error with the actual status and body */
export function expectStatus(wanted, response) {
  if (response.status === wanted) return bodyOf(response);
  throw new Error(
    `${response.request.method} ${response.request.url} answered ${response.status || response.error}, not ${wanted}: ${response.body}`,
  );
}

/** Calls `result` repeatedly until it returns a value. Returns undefined when the time is over. */
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
/** Places an order that may be refused: 422 while orders has no record of the SKU yet. */
export const tryOrder = (token, sku, key) => placeOrder(token, sku, key, ANY);
export const order = (token, id) => get(`/orders/${id}`, 'order', { token, expected: THERE_SOON });
export const timeline = (token, id) => get(`/orders/${id}/timeline`, 'timeline', { token });
export const pay = (token, id) =>
  send('POST', `/orders/${id}/payment`, 'pay', { card: CARD_THAT_PAYS }, { token, expected: PAID });
/** Returns the newest twenty orders of a user. */
export const orders = (token) => get('/orders', 'orders', { token });
/** Requests a page of orders for each user, all at the same time. */
export const ordersOf = (pages) =>
  http.batch(
    pages.map(({ token, cursor }) => ({
      method: 'GET',
      url: `${BASE_URL}/orders?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      params: params('orders', { token }),
    })),
  );

export const createSale = (admin, sale) => send('POST', '/flash-sales', 'create sale', sale, { token: admin });
export const sale = (id) => get(`/flash-sales/${id}`, 'sale', { expected: THERE_SOON });
export const claim = (token, saleId) =>
  send('POST', `/flash-sales/${saleId}/claims`, 'claim', { address: ADDRESS }, { token, expected: CLAIMED });
export const ticket = (token, saleId, id) => get(`/flash-sales/${saleId}/claims/${id}`, 'ticket', { token });
