import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from './clock.js';
import { FakeSales, type NewSale } from './fake-sales.js';
import type { Answer, Faults, NewOrder, Order } from './shop.js';

const ADMIN = 'e30.YWRtaW4.e30';
/** The service orders receives a new product a little later: an order for it is refused so many times. */
const UNKNOWN_FOR_REQUESTS = 2;

/** The user of a token. */
const subjectOf = (token: string): string => token.split('.')[1] ?? '';

interface Product {
  sku: string;
  price: unknown;
  available: number;
  /** Orders that were tried. */
  tried: number;
}

/** The fields of all bodies; a route reads its own. */
type Body = NewOrder & NewSale & { password: string; card: string };

interface Request {
  user: string | undefined;
  isAdmin: boolean;
  body: Body;
  query: URLSearchParams;
  key: string | undefined;
}

/** The HTTP API of the shop as documented, in memory, with its own clock. */
export class FakeShop {
  readonly products = new Map<string, Product>();
  readonly orders = new Map<string, Order>();
  /** Orders by user and idempotency key. */
  readonly keys = new Map<string, Order>();
  /** Requests by route. */
  readonly counts = new Map<string, number>();
  readonly sales = new FakeSales(this);
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  constructor(
    readonly now: Clock,
    readonly faults: Faults = {},
  ) {}

  async open(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const token = request.headers.authorization?.replace('Bearer ', '');
    const url = new URL(request.url ?? '', this.url);
    const line = `${request.method} ${url.pathname}`;
    const [status, body, headers = {}] = this.#route(line, {
      user: token && subjectOf(token),
      isAdmin: token === ADMIN,
      body: (text ? JSON.parse(text) : {}) as Body,
      query: url.searchParams,
      key: request.headers['idempotency-key']?.toString(),
    });
    const took = this.faults.took?.(line) ?? 5;
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-took-ms': took, ...headers })
      .end(JSON.stringify(body ?? { title: 'no' }));
  }

  #route(line: string, request: Request): Answer {
    for (const [route, handle] of ROUTES) {
      const found = new RegExp(`^${route.replaceAll(/:\w+/g, '([^/]+)')}$`).exec(line);
      if (!found) continue;
      const count = (this.counts.get(route) ?? 0) + 1;
      this.counts.set(route, count);
      const wrong = this.faults.answer?.(route, count);
      return wrong ? [wrong, undefined, { 'retry-after': '1' }] : handle(this, request, found[1] ?? '', found[2] ?? '');
    }
    return [404];
  }

  place(user: string, { lines: [{ sku }], id = randomUUID(), flashSaleId, price }: NewOrder): Order {
    const product = this.products.get(sku);
    const isAccepted = flashSaleId !== undefined || (product !== undefined && product.available-- > 0);
    const order = {
      id,
      user,
      status: this.faults.neverPayable ? 'pending' : isAccepted ? 'awaiting_payment' : 'rejected',
      lines: [{ sku, quantity: 1 }],
      total: price ?? product?.price,
      flashSaleId,
      placedAt: new Date(this.now()).toISOString(),
    };
    const isLost = this.faults.loseOrders && this.orders.size % 5 === 4;
    this.orders.set(isLost ? 'lost' : id, order);
    return order;
  }
}

type Handle = (shop: FakeShop, request: Request, first: string, second: string) => Answer;
type UserHandle = (shop: FakeShop, request: Request & { user: string }, first: string, second: string) => Answer;

const admin =
  (handle: Handle): Handle =>
  (shop, request, first, second) =>
    request.isAdmin ? handle(shop, request, first, second) : [403];

const customer =
  (handle: UserHandle): Handle =>
  (shop, { user, ...request }, first, second) =>
    user ? handle(shop, { ...request, user }, first, second) : [401];

const ownOrder = (handle: (shop: FakeShop, order: Order, request: Request) => Answer): Handle =>
  customer((shop, request, id) => {
    const order = shop.orders.get(id);
    return order?.user === request.user ? handle(shop, order, request) : [404];
  });

const ROUTES: readonly [string, Handle][] = [
  ['POST /sessions', (_, { body }) => (body.password === 'admin-password' ? [201, { token: ADMIN }] : [401])],
  ['GET /products', (shop) => [200, { items: [...shop.products.values()] }]],
  ['GET /products/:sku', (shop, _, sku) => (shop.products.has(sku) ? [200, shop.products.get(sku)] : [404])],
  ['PUT /products/:sku', admin(putProduct)],
  ['POST /products/:sku/receipts', admin(receive)],
  ['POST /orders', customer(placeOnce)],
  ['GET /orders', customer(listOrders)],
  ['GET /orders/:id', ownOrder((_, order) => [200, order])],
  [
    'GET /orders/:id/timeline',
    ownOrder(() => [200, { events: ['placed', 'priced', 'paid'].map((type) => ({ type })) }]),
  ],
  ['POST /orders/:id/payment', ownOrder(payOrder)],
  ['POST /flash-sales', admin((shop, { body }) => shop.sales.create(body))],
  ['GET /flash-sales/:id', (shop, _, id) => shop.sales.show(id)],
  ['POST /flash-sales/:id/claims', customer((shop, { user }, id) => shop.sales.claim(id, user))],
  [
    'GET /flash-sales/:id/claims/:ticket',
    customer((shop, { user }, id, ticket) => shop.sales.ticket(id, user, ticket)),
  ],
];

function putProduct(shop: FakeShop, { body }: Request, sku: string): Answer {
  shop.products.set(sku, { ...body, sku, available: 0, tried: 0 });
  return [200, {}];
}

function receive(shop: FakeShop, { body: { quantity } }: Request, sku: string): Answer {
  const product = shop.products.get(sku);
  if (!product) return [404];
  if (quantity > 10_000) return [422];
  product.available += quantity;
  return [201, { sku, available: product.available }];
}

function placeOnce(shop: FakeShop, { user, body, key }: Request & { user: string }): Answer {
  const product = shop.products.get(body.lines[0].sku);
  if (!product || product.tried++ < UNKNOWN_FOR_REQUESTS) return [422];
  const name = `${user}/${key}`;
  const order = shop.keys.get(name) ?? shop.place(user, body);
  shop.keys.set(name, order);
  return [201, order, { location: `/orders/${order.id}` }];
}

function listOrders(shop: FakeShop, { user, query }: Request): Answer {
  const all = [...shop.orders.values()].filter((order) => order.user === user).reverse();
  const from = Number(query.get('cursor') ?? 0);
  const to = from + Number(query.get('limit') ?? 20);
  return [200, { items: all.slice(from, to), ...(to < all.length && { next: String(to) }) }];
}

function payOrder(shop: FakeShop, order: Order, { body: { card } }: Request): Answer {
  if (card !== '4242424242424242') return [422];
  if (order.status !== 'awaiting_payment') return [409];
  order.status = 'paid';
  if (order.flashSaleId) shop.sales.paid(order.flashSaleId);
  return [200, { status: 'captured' }];
}
