import assert from 'node:assert';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Order } from '@sluice/contracts';
import { PAID, retryAfterMs } from '@sluice/stack/shop-client';
import { eventually } from '@sluice/testing';
import type { Answer, Shop } from './shop.js';

/** Between two looks at an order, and after one that is paid: a steady load, and a light one. Milliseconds. */
const POLL_MS = 200;
const PAUSE_MS = 300;
/** Nobody waits longer than this for one thing. Milliseconds. */
const PATIENCE_MS = 30_000;
/** What the API says is to be asked again. */
const RETRY_STATUSES = [202, 429, 503];

/**
 * Customers who buy one thing after the other, and read the answers as the API means them: 202, 429 and 503 are asked again
 * under the same key, after `Retry-After`. Anything else that is no success ends them with an error.
 */
export class Buyers {
  /** The orders that are placed and paid. */
  readonly orders: string[] = [];
  /** How often each answer was given: `place 201`. */
  readonly answers = new Map<string, number>();
  /** From the first time of asking for one thing to the answer that gave it, by what was asked. Milliseconds. */
  readonly longest = new Map<string, number>();
  #open = true;
  readonly #buying: Promise<unknown>;

  constructor(
    private readonly shop: Shop,
    private readonly token: string,
    private readonly sku: string,
    count: number,
  ) {
    this.#buying = Promise.all(Array.from({ length: count }, () => this.#buyOn()));
    this.#buying.catch(() => undefined); // told by `more` and `stop`
  }

  /** Waits until so many more orders are paid. @throws Error what the API does not promise */
  async more(count: number): Promise<void> {
    const all = this.orders.length + count;
    await Promise.race([
      this.#buying,
      eventually(() => assert(this.orders.length >= all, `only ${this.orders.length} of ${all} orders are paid`), {
        withinMs: PATIENCE_MS,
      }),
    ]);
  }

  /** Lets everybody finish what they have begun. @throws Error what the API does not promise */
  async stop(): Promise<void> {
    this.#open = false;
    await this.#buying;
  }

  async #buyOn(): Promise<void> {
    for (; this.#open; await pause(PAUSE_MS)) await this.#buy();
  }

  async #buy(): Promise<void> {
    await this.#ask('look', 200, () => this.shop.call('GET', `/products/${this.sku}`));
    const key = randomUUID();
    const {
      body: { id },
    } = await this.#ask('place', 201, () => this.shop.place(this.token, this.sku, { key }));
    await this.#until(id, (order) => order.status === 'awaiting_payment');
    // 202: it will be paid, and the order says when.
    await this.#ask('pay', [200, 202], () => this.shop.pay(this.token, id));
    await this.#until(id, (order) => PAID.has(order.status));
    this.orders.push(id);
  }

  async #until(id: string, isThere: (order: Order) => boolean): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; ; await pause(POLL_MS)) {
      const { body } = await this.#ask('see', 200, () => this.shop.getOrder(this.token, id));
      if (isThere(body)) return;
      if (Date.now() > end) throw new Error(`order ${id} is still ${body.status}`);
    }
  }

  async #ask<T>(what: string, wanted: number | number[], call: () => Promise<Answer<T>>): Promise<Answer<T>> {
    const began = Date.now();
    for (;;) {
      const answer = await call();
      this.answers.set(`${what} ${answer.status}`, (this.answers.get(`${what} ${answer.status}`) ?? 0) + 1);
      if ([wanted].flat().includes(answer.status)) {
        this.longest.set(what, Math.max(this.longest.get(what) ?? 0, Date.now() - began));
        return answer;
      }
      if (!RETRY_STATUSES.includes(answer.status) || Date.now() - began > PATIENCE_MS)
        throw new Error(`${what} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      await pause(waitOf(what, answer));
    }
  }
}

/** A 202 says where to look; who refuses must say when to come again. Milliseconds. */
function waitOf(what: string, answer: Answer<unknown>): number {
  if (answer.status === 202) return POLL_MS;
  const waitMs = retryAfterMs(answer);
  if (waitMs === undefined) throw new Error(`${what} was answered ${answer.status} without Retry-After`);
  return waitMs;
}
