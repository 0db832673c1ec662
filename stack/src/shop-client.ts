import { randomUUID } from 'node:crypto';
import type { ClaimResult, NewCoupon, NewSale, Order, Sale, Timeline } from '@sluice/contracts';
import type { z } from 'zod';

/** An answer is complete within this time, or the request is aborted. Milliseconds. */
const DEADLINE_MS = 10_000;

/** The administrator and the customer that a development system is seeded with. */
export const ADMIN = { phone: '+10000000000', password: 'admin-password' };
export const CUSTOMER = { phone: '+10000000001', password: 'customer-password' };
/** The fake card gateway accepts it. */
export const CARD = '4242424242424242';
export const ADDRESS = {
  name: 'Ada Byron',
  street: '12 Analytical Row',
  city: 'London',
  postcode: 'N1 7AA',
  country: 'GB',
};

/** The states of an order whose money was captured. */
export const PAID: ReadonlySet<string> = new Set<Order['status']>(['paid', 'shipped', 'completed']);

export interface ShopRequest {
  token?: string | undefined;
  /** Sent as `Idempotency-Key`: repeats of a request with the same key take effect once. */
  key?: string | undefined;
  headers?: Record<string, string> | undefined;
  /** Sent as JSON; `raw` is sent as it is. */
  body?: unknown;
  raw?: string | undefined;
}

export interface Answer<T = Record<string, unknown>> {
  /** Such as `POST /orders`. */
  request: string;
  status: number;
  headers: Headers;
  /** The parsed JSON, a problem (RFC 9457) included; undefined when the body is empty. */
  body: T;
}

export type TimelineEvent = z.infer<typeof Timeline>['events'][number];

export interface Credentials {
  phone: string;
  password: string;
}

export interface NewOrder {
  lines: readonly { sku: string; quantity: number }[];
  coupon?: string | undefined;
  key?: string | undefined;
}

type SaleTerms = Pick<z.input<typeof NewSale>, 'sku' | 'quantity' | 'payWithinSeconds'> & {
  /** How long it is open, from now. Milliseconds. */
  forMs: number;
};

/** The gateway's HTTP API. Each method sends one request; to repeat it is up to the caller. */
export class ShopClient {
  constructor(
    readonly url: string,
    private readonly deadlineMs = DEADLINE_MS,
  ) {}

  /** @throws Error when no complete answer arrives before the deadline */
  async call<T = Record<string, unknown>>(
    method: string,
    path: string,
    { token, key, headers, body, raw }: ShopRequest = {},
  ): Promise<Answer<T>> {
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...(key && { 'idempotency-key': key }),
        ...headers,
      },
      ...(payload !== undefined && { body: payload }),
      signal: AbortSignal.timeout(this.deadlineMs),
    });
    const text = await response.text();
    return {
      request: `${method} ${path}`,
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as T,
    };
  }

  /** @throws Error when the answer has another status */
  async expect<T>(status: number, ...request: Parameters<ShopClient['call']>): Promise<T> {
    const answer = await this.call<T>(...request);
    if (answer.status !== status)
      throw new Error(`${answer.request} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async signIn(credentials: Credentials): Promise<string> {
    return (await this.expect<{ token: string }>(201, 'POST', '/sessions', { body: credentials })).token;
  }

  /** A product with a price, and one delivery of it to each warehouse. */
  async stock(admin: string, sku: string, pieces: Record<string, number>, cents = 1_000): Promise<void> {
    await this.expect(200, 'PUT', `/products/${sku}`, {
      token: admin,
      body: { name: `The ${sku}`, price: { amount: cents, currency: 'USD' } },
    });
    for (const [warehouse, quantity] of Object.entries(pieces))
      await this.expect(201, 'POST', `/products/${sku}/receipts`, {
        token: admin,
        body: { warehouse, quantity, reference: `${sku}-${warehouse}-${randomUUID()}` },
      });
  }

  async createCoupon(admin: string, coupon: z.input<typeof NewCoupon>): Promise<void> {
    await this.expect(201, 'POST', '/coupons', { token: admin, body: coupon });
  }

  placeOrder(token: string, { lines, coupon, key = randomUUID() }: NewOrder): Promise<Answer<Order>> {
    const body = { lines, address: ADDRESS, ...(coupon && { coupon }) };
    return this.call<Order>('POST', '/orders', { token, key, body });
  }

  getOrder(token: string, id: string): Promise<Answer<Order>> {
    return this.call<Order>('GET', `/orders/${id}`, { token });
  }

  getTimeline(token: string, id: string): Promise<Answer<z.infer<typeof Timeline>>> {
    return this.call('GET', `/orders/${id}/timeline`, { token });
  }

  pay(token: string, id: string, card = CARD): Promise<Answer> {
    return this.call('POST', `/orders/${id}/payment`, { token, body: { card } });
  }

  cancel(token: string, id: string): Promise<Answer<Order>> {
    return this.call<Order>('POST', `/orders/${id}/cancellation`, { token });
  }

  /** A flash sale that opens as soon as its stock is allotted. One piece for each user, at 5 USD. */
  createSale(admin: string, { forMs, ...sale }: SaleTerms): Promise<Sale> {
    const [opensAt, closesAt] = [-1_000, forMs].map((ms) => new Date(Date.now() + ms).toISOString());
    const body = { ...sale, price: { amount: 500, currency: 'USD' }, opensAt, closesAt, perUser: 1 };
    return this.expect<Sale>(201, 'POST', '/flash-sales', { token: admin, body });
  }

  getSale(id: string): Promise<Answer<Sale>> {
    return this.call<Sale>('GET', `/flash-sales/${id}`);
  }

  /** A claim that is accepted (202) is followed at its `Location`. */
  claim(token: string, saleId: string): Promise<Answer> {
    return this.call('POST', `/flash-sales/${saleId}/claims`, { token, body: { address: ADDRESS } });
  }

  getClaim(token: string, location: string): Promise<Answer<ClaimResult>> {
    return this.call<ClaimResult>('GET', location, { token });
  }
}

/** The id of what a request has made, from `Location`. */
export const createdId = ({ headers }: { headers: Headers }): string | undefined =>
  headers.get('location')?.split('/').at(-1);

/** How long the server wants its client to wait (RFC 9110, 10.2.3), in ms; undefined without a number of seconds. */
export function retryAfterMs({ headers }: { headers: Headers }): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? 'none');
  return seconds > 0 ? seconds * 1_000 : undefined;
}
