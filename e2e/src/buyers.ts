import assert from 'node:assert';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Order } from '@sluice/contracts';
import { PAID, retryAfterMs } from '@sluice/stack/shop-client';
import { eventually } from '@sluice/testing';
import type { Answer, Shop } from './shop.js';

/** Interval between two reads of an order, and pause after a paid one: a steady, light load. Milliseconds. */
const POLL_MS = 200;
const PAUSE_MS = 300;
/** Timeout of each step. Milliseconds. */
const TIMEOUT_MS = 30_000;
/** Statuses after which the API promises that a repeat is safe. */
const RETRY_STATUSES = [202, 429, 503];

/**
 * Customers who buy one item after the other and handle responses as the API promises: repeat after 202, 429 and 503
 * with the same key, after `Retry-After`. Any other status that is no success throws.
 */
export class Buyers {
  /** Ids of the paid orders. */
  readonly orders: string[] = [];
  /** Number of responses by step and status: `place 201`. */
  readonly answers = new Map<string, number>();
  /** Longest time of each step, from its first request to its success. Milliseconds. */
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
    this.#buying.catch(() => undefined); // reported by `more` and `stop`
  }

  /** Waits until `count` more orders are paid. @throws Error a response that the API does not promise */
  async more(count: number): Promise<void> {
    const all = this.orders.length + count;
    await Promise.race([
      this.#buying,
      eventually(() => assert(this.orders.length >= all, `only ${this.orders.length} of ${all} orders are paid`), {
        withinMs: TIMEOUT_MS,
      }),
    ]);
  }

  /** Lets every purchase under way finish. @throws Error a response that the API does not promise */
  async stop(): Promise<void> {
    this.#open = false;
    await this.#buying;
  }

  async #buyOn(): Promise<void> {
    for (; this.#open; await pause(PAUSE_MS)) await this.#buy();
  }

  async #buy(): Promise<void> {
    await this.#request('look', 200, () => this.shop.call('GET', `/products/${this.sku}`));
    const key = randomUUID();
    const {
      body: { id },
    } = await this.#request('place', 201, () => this.shop.place(this.token, this.sku, { key }));
    await this.#until(id, (order) => order.status === 'awaiting_payment');
    // 202: payment pending, the order's status shows when it is paid.
    await this.#request('pay', [200, 202], () => this.shop.pay(this.token, id));
    await this.#until(id, (order) => PAID.has(order.status));
    this.orders.push(id);
  }

  async #until(id: string, isThere: (order: Order) => boolean): Promise<void> {
    for (const end = Date.now() + TIMEOUT_MS; ; await pause(POLL_MS)) {
      const { body } = await this.#request('see', 200, () => this.shop.getOrder(this.token, id));
      if (isThere(body)) return;
      if (Date.now() > end) throw new Error(`order ${id} is still ${body.status}`);
    }
  }

  async #request<T>(what: string, wanted: number | number[], call: () => Promise<Answer<T>>): Promise<Answer<T>> {
    const began = Date.now();
    for (;;) {
      const answer = await call();
      this.answers.set(`${what} ${answer.status}`, (this.answers.get(`${what} ${answer.status}`) ?? 0) + 1);
      if ([wanted].flat().includes(answer.status)) {
        this.longest.set(what, Math.max(this.longest.get(what) ?? 0, Date.now() - began));
        return answer;
      }
      if (!RETRY_STATUSES.includes(answer.status) || Date.now() - began > TIMEOUT_MS)
        throw new Error(`${what} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      await pause(waitOf(what, answer));
    }
  }
}

/** Delay before a repeat: after 202 the poll interval, else Retry-After, which is required. Milliseconds. */
function waitOf(what: string, answer: Answer<unknown>): number {
  if (answer.status === 202) return POLL_MS;
  const waitMs = retryAfterMs(answer);
  if (waitMs === undefined) throw new Error(`${what} was answered ${answer.status} without Retry-After`);
  return waitMs;
}
