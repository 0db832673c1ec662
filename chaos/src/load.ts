// @ts-nocheck
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from './random.js';

/** How often each wish comes. */
const WISHES = { pay: 50, leave: 20, cancel: 15, 'pay-and-cancel': 15 };
/** How often a claim comes, among orders. */
const CLAIMS = 0.15;
const WITH_COUPON = 0.3;
/** Users who win and then pay; what the others leave goes back to the sale. */
const WINNERS_WHO_PAY = 0.6;

/** A steady stream of customers, the same wishes in the same order for the same seed. */
export class Load {
  #stopped = false;
  /** @type {Set<Promise<void>>} */
  #underWay = new Set();

  /**
   * @param {import('./customers.js').Customers} customers
   * @param {{ seed: number, perSecond: number, atOnce: number, goods: Awaited<ReturnType<typeof import('./goods.js').stockUp>> & { regulars?: string[] } }} options atOnce: orders and claims under way at most, so that no fault lets a pile grow that the recovery then measures
   */
  constructor(customers, { seed, perSecond, atOnce, goods }) {
    Object.assign(this, { customers, perSecond, atOnce, goods });
    this.random = new Random(seed + 1);
  }

  start() {
    this.running = this.#run();
  }

  /** No new ones; resolves when all that are under way have ended, or nobody is patient any more. */
  async stop() {
    this.#stopped = true;
    await this.running;
    await Promise.all(this.#underWay);
  }

  async #run() {
    for (let next = performance.now(); !this.#stopped; await sleep(Math.max(0, next - performance.now()))) {
      if (this.#underWay.size < this.atOnce) this.#keep(this.#someone());
      next = Math.max(next, performance.now() - 1_000) + (1_000 / this.perSecond) * 2 * this.random.next();
    }
  }

  #someone() {
    if (this.random.next() < CLAIMS)
      return this.customers.claim(this.goods.saleId, { pays: this.random.next() < WINNERS_WHO_PAY });
    const { baskets, skus, regulars } = this.goods;
    const basket = baskets ? this.random.pick(baskets) : skus.slice(0, this.random.between(1, 2));
    const lines = basket.map((sku) => ({ sku, quantity: this.random.between(1, 3) }));
    const wish = /** @type {import('./ledger.js').Wish} */ this.random.weighted(WISHES);
    return this.customers.order({
      wish,
      lines,
      ...(regulars && { userId: this.random.pick(regulars) }),
      ...(this.random.next() < WITH_COUPON && { coupon: this.goods.coupon }),
    });
  }

  /**
   * An order that needs every service of its way, promotions too.
   * @returns {Promise<boolean>} whether it was accepted at once and paid, resolved then; it goes on to its end
   */
  probe() {
    return new Promise((resolve) => {
      const order = this.customers.order(
        { wish: 'pay', lines: [{ sku: this.goods.skus[0], quantity: 1 }], coupon: this.goods.coupon },
        ({ answers }) => resolve(answers.length === 1 && answers[0] === 201),
      );
      this.#keep(order.then(() => resolve(false)));
    });
  }

  #keep(work) {
    const kept = work.finally(() => this.#underWay.delete(kept));
    this.#underWay.add(kept);
  }
}
