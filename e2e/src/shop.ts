import { randomUUID } from 'node:crypto';
import type { Order } from '@sluice/contracts';
import { createdId, CUSTOMER, PAID, ShopClient, type Answer, type Credentials } from '@sluice/stack/shop-client';
import { eventually } from '@sluice/testing';
import { openStream, type Stream } from './stream.js';

export { ADDRESS, ADMIN, CARD, CUSTOMER, type Answer } from '@sluice/stack/shop-client';

interface Placing {
  quantity?: number;
  key?: string;
  coupon?: string;
}

/** No test waits this long for one answer. Milliseconds. */
const DEADLINE_MS = 60_000;

/** The shop as a test's client uses it: waits where the API allows a retry. */
export class Shop extends ShopClient {
  constructor(url: string) {
    super(url, DEADLINE_MS);
  }

  /** Repeated after a 503, as the API allows: comparing a password takes its time on a busy machine. */
  override signIn(who: Credentials = CUSTOMER): Promise<string> {
    return eventually(() => super.signIn(who), { withinMs: 20_000 });
  }

  place(token: string, sku: string, { quantity = 1, ...placing }: Placing = {}): Promise<Answer<Order>> {
    return this.placeOrder(token, { lines: [{ sku, quantity }], ...placing });
  }

  /** One order with one piece in each line. */
  placeLines(token: string, skus: readonly string[]): Promise<Answer<Order>> {
    return this.placeOrder(token, { lines: skus.map((sku) => ({ sku, quantity: 1 })) });
  }

  /** Places an order and asks again until it has an id: what a client does that reads 202 and 503 as the API means them. */
  async placeForSure(token: string, sku: string, placing: Placing = {}): Promise<string> {
    const key = placing.key ?? randomUUID();
    return eventually(
      async () => {
        const answer = await this.place(token, sku, { ...placing, key });
        if (answer.status !== 201 && answer.status !== 202) throw new Error(`POST /orders answered ${answer.status}`);
        return createdId(answer) ?? '';
      },
      { withinMs: 20_000 },
    );
  }

  async order(token: string, id: string): Promise<Order> {
    const { status, body } = await this.getOrder(token, id);
    if (status !== 200) throw new Error(`GET /orders/${id} answered ${status}`);
    return body;
  }

  async timeline(token: string, id: string): Promise<string[]> {
    const answer = await this.getTimeline(token, id);
    if (answer.status !== 200) throw new Error(`${answer.request} answered ${answer.status}`);
    return answer.body.events.map(({ type }) => type);
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
        if (!PAID.has(order.status)) throw new Error(`paying ${id} answered ${status}, the order is ${order.status}`);
      },
      { withinMs: 90_000 },
    );
  }

  /** Watches an order live, from after the change `lastEventId`. */
  watch(token: string, id: string, lastEventId?: string): Promise<Stream<Order>> {
    return openStream<Order>(`${this.url}/orders/${id}/stream`, token, lastEventId);
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
