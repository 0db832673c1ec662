import { setTimeout as sleep } from 'node:timers/promises';
import type { Catalog } from './catalog.js';
import type { Customers } from './customers.js';
import { Random } from './random.js';

const INTENTS = { pay: 50, leave: 20, cancel: 15, 'pay-and-cancel': 15 } as const;
/** How often a claim comes, among orders. */
const CLAIMS = 0.15;
const WITH_COUPON = 0.3;
/** Users who win and then pay; what the others leave returns to the sale. */
const WINNERS_WHO_PAY = 0.6;

export interface LoadOptions {
  seed: number;
  perSecond: number;
  /** Orders and claims in flight at most: no backlog grows during a fault that the recovery would then measure. */
  atOnce: number;
  catalog: Catalog;
  /** Who orders; without, each order has a customer of its own. */
  customerIds?: readonly string[] | undefined;
}

/** A steady stream of customers, with the same intents in the same order for the same seed. */
export class Load {
  #stopped = false;
  #running?: Promise<void>;
  readonly #inFlight = new Set<Promise<unknown>>();
  readonly #random: Random;

  constructor(
    private readonly customers: Customers,
    private readonly options: LoadOptions,
  ) {
    this.#random = new Random(options.seed + 1);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** No new ones; resolves when all that are in flight have ended, or are repeated no longer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await Promise.all(this.#inFlight);
  }

  async #run(): Promise<void> {
    const { perSecond, atOnce } = this.options;
    for (let next = performance.now(); !this.#stopped; await sleep(Math.max(0, next - performance.now()))) {
      if (this.#inFlight.size < atOnce) this.#track(this.#customer());
      next = Math.max(next, performance.now() - 1_000) + (1_000 / perSecond) * 2 * this.#random.next();
    }
  }

  #customer(): Promise<void> {
    const { catalog, customerIds } = this.options;
    const random = this.#random;
    if (random.next() < CLAIMS) return this.customers.claim(catalog.saleId, { pays: random.next() < WINNERS_WHO_PAY });
    const { baskets, skus, coupon } = catalog;
    const basket = baskets ? random.pick(baskets) : skus.slice(0, random.between(1, 2));
    const lines = basket.map((sku) => ({ sku, quantity: random.between(1, 3) }));
    const intent = random.weighted(INTENTS);
    return this.customers.order({
      intent,
      lines,
      ...(customerIds && { userId: random.pick(customerIds) }),
      ...(random.next() < WITH_COUPON && { coupon }),
    });
  }

  /** Places an order that needs every service. @returns whether it was accepted at once and paid, as soon as certain */
  probe(): Promise<boolean> {
    const { skus, coupon } = this.options.catalog;
    return new Promise((resolve) => {
      const order = this.customers.order(
        { intent: 'pay', lines: skus.slice(0, 1).map((sku) => ({ sku, quantity: 1 })), coupon },
        ({ answers }) => resolve(answers.length === 1 && answers[0] === 201),
      );
      this.#track(order.then(() => resolve(false)));
    });
  }

  #track(work: Promise<unknown>): void {
    const tracked: Promise<unknown> = work.finally(() => this.#inFlight.delete(tracked));
    this.#inFlight.add(tracked);
  }
}
