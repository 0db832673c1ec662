import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { FakeSales } from './fake-sales.mjs';

const ADMIN = 'e30.YWRtaW4.e30';
/** Orders hears of a new product a little later. */
const HEARD_AFTER_REQUESTS = 2;

/** The user a token speaks for. */
const subjectOf = (token) => token.split('.')[1];

/**
 * The HTTP API of the shop as its documentation has it, in memory, by a clock of its own; `faults` are what it does wrong.
 * @typedef {{ loseOrders?: boolean, sellTwice?: boolean, neverDecide?: boolean, neverPayable?: boolean, miscount?: boolean, answer?: (request: string, count: number) => number | undefined, took?: (request: string) => number | undefined }} Faults
 */
export class FakeShop {
  products = new Map();
  orders = new Map();
  keys = new Map();
  counts = new Map();
  /** @param {() => number} now @param {Faults} [faults] */
  constructor(now, faults = {}) {
    this.now = now;
    this.faults = faults;
    this.sales = new FakeSales(this);
  }

  async open() {
    this.server = createServer((request, response) => void this.#answer(request, response));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  async close() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  async #answer(request, response) {
    let text = '';
    for await (const chunk of request) text += chunk;
    const token = request.headers.authorization?.replace('Bearer ', '');
    const url = new URL(request.url, this.url);
    const asked = {
      user: token && subjectOf(token),
      isAdmin: token === ADMIN,
      body: text && JSON.parse(text),
      query: url.searchParams,
      key: request.headers['idempotency-key'],
    };
    const [status, body, headers = {}] = this.#route(`${request.method} ${url.pathname}`, asked);
    const took = this.faults.took?.(`${request.method} ${url.pathname}`) ?? 5;
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-took-ms': took, ...headers })
      .end(JSON.stringify(body ?? { title: 'no' }));
  }

  #route(line, asked) {
    for (const [pattern, handle] of ROUTES) {
      const found = new RegExp(`^${pattern.replaceAll(/:\w+/g, '([^/]+)')}$`).exec(line);
      if (!found) continue;
      const count = (this.counts.get(pattern) ?? 0) + 1;
      this.counts.set(pattern, count);
      const wrong = this.faults.answer?.(pattern, count);
      return wrong ? [wrong, undefined, { 'retry-after': '1' }] : handle(this, asked, ...found.slice(1));
    }
    return [404];
  }

  place(user, { lines: [{ sku }], id = randomUUID(), flashSaleId, price }) {
    const product = this.products.get(sku);
    const total = price ?? product.price;
    const status = flashSaleId || product.available-- > 0 ? 'awaiting_payment' : 'rejected';
    const order = {
      id,
      user,
      status: this.faults.neverPayable ? 'pending' : status,
      lines: [{ sku, quantity: 1 }],
      total,
      flashSaleId,
      placedAt: new Date(this.now()).toISOString(),
    };
    const isLost = this.faults.loseOrders && this.orders.size % 5 === 4;
    this.orders.set(isLost ? 'lost' : id, order);
    return order;
  }
}

const admin =
  (handle) =>
  (shop, asked, ...path) =>
    asked.isAdmin ? handle(shop, asked, ...path) : [403];
const customer =
  (handle) =>
  (shop, asked, ...path) =>
    asked.user ? handle(shop, asked, ...path) : [401];
const mine = (handle) =>
  customer((shop, asked, id) =>
    shop.orders.get(id)?.user === asked.user ? handle(shop, shop.orders.get(id), asked) : [404],
  );

/** @type {[string, (shop: FakeShop, asked: any, ...path: string[]) => [number, any?, any?]][]} */
const ROUTES = [
  ['POST /sessions', (_, { body }) => (body.password === 'admin-password' ? [201, { token: ADMIN }] : [401])],
  ['GET /products', (shop) => [200, { items: [...shop.products.values()] }]],
  ['GET /products/:sku', (shop, _, sku) => (shop.products.has(sku) ? [200, shop.products.get(sku)] : [404])],
  [
    'PUT /products/:sku',
    admin((shop, { body }, sku) => (shop.products.set(sku, { sku, ...body, available: 0, tried: 0 }), [200, {}])),
  ],
  [
    'POST /products/:sku/receipts',
    admin((shop, { body }, sku) =>
      body.quantity > 10_000 ? [422] : [201, { sku, available: (shop.products.get(sku).available += body.quantity) }],
    ),
  ],
  ['POST /orders', customer(placeOnce)],
  ['GET /orders', customer(listOrders)],
  ['GET /orders/:id', mine((_, order) => [200, order])],
  ['GET /orders/:id/timeline', mine(() => [200, { events: ['placed', 'priced', 'paid'].map((type) => ({ type })) }])],
  ['POST /orders/:id/payment', mine((shop, order, { body }) => payOrder(shop, order, body))],
  ['POST /flash-sales', admin((shop, { body }) => shop.sales.create(body))],
  ['GET /flash-sales/:id', (shop, _, id) => shop.sales.show(id)],
  ['POST /flash-sales/:id/claims', customer((shop, { user }, id) => shop.sales.claim(id, user))],
  [
    'GET /flash-sales/:id/claims/:ticket',
    customer((shop, { user }, id, ticket) => shop.sales.ticket(id, user, ticket)),
  ],
];

function placeOnce(shop, { user, body, key }) {
  const product = shop.products.get(body.lines[0].sku);
  if (!product || product.tried++ < HEARD_AFTER_REQUESTS) return [422];
  const name = `${user}/${key}`;
  const order = shop.keys.get(name) ?? shop.place(user, body);
  shop.keys.set(name, order);
  return [201, order, { location: `/orders/${order.id}` }];
}

function listOrders(shop, { user, query }) {
  const all = [...shop.orders.values()].filter((order) => order.user === user).reverse();
  const from = Number(query.get('cursor') ?? 0);
  const to = from + Number(query.get('limit') ?? 20);
  return [200, { items: all.slice(from, to), ...(to < all.length && { next: String(to) }) }];
}

function payOrder(shop, order, { card }) {
  if (card !== '4242424242424242') return [422];
  if (order.status !== 'awaiting_payment') return [409];
  order.status = 'paid';
  if (order.flashSaleId) shop.sales.paid(order.flashSaleId);
  return [200, { status: 'captured' }];
}
