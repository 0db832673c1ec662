import { randomUUID } from 'node:crypto';
import type { Order } from '@sluice/contracts';
import { eventually } from '@sluice/testing';
import { openStream, type Stream } from './stream.js';

export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

interface Call {
  token?: string;
  headers?: Record<string, string>;
  /** Sent as JSON; `raw` goes out as it is. */
  body?: unknown;
  raw?: string;
}

interface Placing {
  quantity?: number;
  key?: string;
  coupon?: string;
}

export const ADMIN = { phone: '+10000000000', password: 'admin-password' };
export const CUSTOMER = { phone: '+10000000001', password: 'customer-password' };
export const CARD = '4242424242424242';
export const ADDRESS = {
  name: 'Ada Byron',
  street: '12 Analytical Row',
  city: 'London',
  postcode: 'N1 7AA',
  country: 'GB',
};

/** The HTTP API as its clients use it. */
export class Shop {
  constructor(private readonly url: string) {}

  async call<T = Record<string, unknown>>(
    method: string,
    path: string,
    { token, headers, body, raw }: Call = {},
  ): Promise<Answer<T>> {
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(payload !== undefined && { body: payload }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as T,
    };
  }

  /** A 503 is asked again, as the API promises that it may be: comparing a password takes its time on a busy machine. */
  async signIn(who = CUSTOMER): Promise<string> {
    const signedIn = () => this.expect<{ token: string }>(201, 'POST', '/sessions', { body: who });
    return (await eventually(signedIn, { withinMs: 20_000 })).body.token;
  }

  /** A product with stock, known to orders as well (it keeps its own copy of the prices). */
  async stock(admin: string, sku: string, pieces: { east?: number; west?: number }, cents = 1_000): Promise<void> {
    await this.expect(200, 'PUT', `/products/${sku}`, {
      token: admin,
      body: { name: `The ${sku}`, price: { amount: cents, currency: 'USD' } },
    });
    for (const [warehouse, quantity] of Object.entries(pieces)) {
      await this.expect(201, 'POST', `/products/${sku}/receipts`, {
        token: admin,
        body: { warehouse, quantity, reference: `${sku}-${warehouse}-${randomUUID()}` },
      });
    }
  }

  place(
    token: string,
    sku: string,
    { quantity = 1, key = randomUUID(), coupon }: Placing = {},
  ): Promise<Answer<Order>> {
    return this.call<Order>('POST', '/orders', {
      token,
      headers: { 'idempotency-key': key },
      body: { lines: [{ sku, quantity }], address: ADDRESS, ...(coupon && { coupon }) },
    });
  }

  /** One order with one piece in each line. */
  placeLines(token: string, skus: readonly string[]): Promise<Answer<Order>> {
    const lines = skus.map((sku) => ({ sku, quantity: 1 }));
    return this.call<Order>('POST', '/orders', {
      token,
      headers: { 'idempotency-key': randomUUID() },
      body: { lines, address: ADDRESS },
    });
  }

  /** Places an order and asks again until it has an id: what a client does that reads 202 and 503 as the API means them. */
  async placeForSure(token: string, sku: string, placing: Placing = {}): Promise<string> {
    const key = placing.key ?? randomUUID();
    return eventually(
      async () => {
        const { status, headers } = await this.place(token, sku, { ...placing, key });
        if (status !== 201 && status !== 202) throw new Error(`POST /orders answered ${status}`);
        return headers.get('location')?.split('/').at(-1) ?? '';
      },
      { withinMs: 20_000 },
    );
  }

  async order(token: string, id: string): Promise<Order> {
    const { status, body } = await this.call<Order>('GET', `/orders/${id}`, { token });
    if (status !== 200) throw new Error(`GET /orders/${id} answered ${status}`);
    return body;
  }

  async timeline(token: string, id: string): Promise<string[]> {
    const { body } = await this.expect<{ events: { type: string }[] }>(200, 'GET', `/orders/${id}/timeline`, { token });
    return body.events.map(({ type }) => type);
  }

  pay(token: string, id: string, card = CARD): Promise<Answer> {
    return this.call('POST', `/orders/${id}/payment`, { token, body: { card } });
  }

  /** Waits until the order has the status; fails with the one it has. */
  reaches(token: string, id: string, status: Order['status'], withinMs = 30_000): Promise<Order> {
    return eventually(
      async () => {
        const order = await this.order(token, id);
        if (order.status !== status) throw new Error(`order ${id} is ${order.status}, not ${status}`);
        return order;
      },
      { withinMs },
    );
  }

  /** Waits until the order is decided: payable, or rejected. */
  reachesEnd(token: string, id: string, withinMs = 60_000): Promise<Order> {
    return eventually(
      async () => {
        const order = await this.order(token, id);
        if (order.status === 'pending') throw new Error(`order ${id} is still pending`);
        return order;
      },
      { withinMs },
    );
  }

  /** Pays and asks again until the order says paid or further: 202 and 503 mean "look again". */
  async payForSure(token: string, id: string): Promise<void> {
    await eventually(
      async () => {
        const { status } = await this.pay(token, id);
        const order = await this.order(token, id);
        if (!['paid', 'shipped', 'completed'].includes(order.status))
          throw new Error(`paying ${id} answered ${status}, the order is ${order.status}`);
      },
      { withinMs: 90_000 },
    );
  }

  cancel(token: string, id: string): Promise<Answer<Order>> {
    return this.call<Order>('POST', `/orders/${id}/cancellation`, { token });
  }

  async coupon(
    admin: string,
    coupon: {
      code: string;
      kind: 'fixed' | 'percent';
      value: number;
      minTotal?: number;
      limit?: number;
      perUser?: number;
      expiresAt?: string;
    },
  ): Promise<void> {
    await this.expect(201, 'POST', '/coupons', { token: admin, body: coupon });
  }

  /** Watches an order live, from after the change `lastEventId`. */
  watch(token: string, id: string, lastEventId?: string): Promise<Stream<Order>> {
    return openStream<Order>(`${this.url}/orders/${id}/stream`, token, lastEventId);
  }

  private async expect<T>(status: number, ...call: Parameters<Shop['call']>): Promise<Answer<T>> {
    const answer = await this.call<T>(...call);
    if (answer.status !== status)
      throw new Error(`${call[0]} ${call[1]} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer;
  }
}

/** The user that a token speaks for (RFC 7519). */
export const userIdOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub;

/** Runs `task` for 0 to `count` - 1, at most `width` at a time, and gives the results in order. */
export async function inParallel<T>(count: number, width: number, task: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < count; index = next++) results[index] = await task(index);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
  return results;
}
