// @ts-nocheck
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const ENDS = new Set(['completed', 'cancelled', 'rejected']);
const PAID = new Set(['paid', 'shipped', 'completed']);

/** People who buy: each order goes the way its customer means it to, whatever has to be asked again for that. */
export class Customers {
  /** @param {{ shop: import('./shop.js').Shop, ledger: import('./ledger.js').Ledger, tokenOf: (userId: string) => Promise<string>, windowMs: number }} options windowMs: how long the shop waits for a payment */
  constructor({ shop, ledger, tokenOf, windowMs }) {
    Object.assign(this, { shop, ledger, tokenOf, windowMs });
  }

  /**
   * One order from its key to its end.
   * @param {{ wish: import('./ledger.js').Wish, lines: object[], coupon?: string, userId?: string }} order
   * @param {(entry: import('./ledger.js').OrderEntry) => void} [onPaid]
   */
  async order({ wish, lines, coupon, userId = randomUUID() }, onPaid = () => {}) {
    const entry = { key: randomUUID(), userId, wish, answers: [], ids: new Set() };
    this.ledger.orders.push(entry);
    await this.#follow(entry, async () => {
      const token = await this.tokenOf(userId);
      await this.#place(entry, token, { key: entry.key, lines, coupon });
      if (wish.startsWith('pay')) await this.#pay(entry, token);
      if (entry.paidAt) onPaid(entry);
      if (wish.endsWith('cancel')) await this.#cancel(entry, token);
      if (wish === 'leave') await sleep(this.windowMs); // nothing to be seen before
      entry.end = await this.#end(entry, token);
    });
  }

  /**
   * One user at the door of a sale.
   * @param {string} saleId @param {{ pays: boolean }} user pays: for what they win
   */
  async claim(saleId, { pays }) {
    const entry = { userId: randomUUID(), pays };
    this.ledger.claims.push(entry);
    await this.#follow(entry, async () => {
      const token = await this.tokenOf(entry.userId);
      const { status, location } = await this.shop.claim(token, saleId);
      if (status === 410) return;
      if (status !== 202) throw new Error(`the door answered ${status}`);
      Object.assign(entry, { ticket: location, acceptedAt: Date.now() });
      await this.#takeTurn(entry, token);
    });
  }

  async #follow(entry, steps) {
    try {
      await steps();
      entry.endedAt = Date.now();
    } catch (error) {
      entry.trouble = error.message;
    }
  }

  /** The same key until it is accepted; whatever it is told then must be the same order. */
  #place(entry, token, order) {
    return this.shop.until(async () => {
      const { status, location } = await this.shop.place(token, order);
      entry.answers.push(status);
      if ([400, 401, 403, 404, 409, 422].includes(status)) throw new Error(`POST /orders answered ${status}`);
      if (status !== 201 && status !== 202) return undefined;
      entry.id = location?.split('/').at(-1);
      entry.ids.add(entry.id);
      entry.acceptedAt ??= Date.now();
      return entry.id;
    });
  }

  /** @returns {Promise<string>} the order's state, as soon as it can be seen and `matters` */
  #state(entry, token, matters) {
    return this.shop.until(async () => {
      const { status, body } = await this.shop.call('GET', `/orders/${entry.id}`, { token });
      // After a 202 it may still wait in the queue; what was answered with 201 is there.
      if (status === 404 && entry.answers?.at(-1) === 201) throw new Error('answered with 201, and then with 404');
      if (status === 200 && PAID.has(body.status)) entry.seenPaid = true;
      return status === 200 && matters(body.status) ? body.status : undefined;
    });
  }

  #end(entry, token) {
    return this.#state(entry, token, (state) => ENDS.has(state));
  }

  /** Until the money is taken, or the order has ended otherwise. */
  async #pay(entry, token) {
    await this.shop.until(async () => {
      const state = await this.#state(entry, token, (seen) => seen !== 'pending');
      const status = state === 'awaiting_payment' ? (await this.shop.pay(token, entry.id)).status : undefined;
      if (status === 402 || status === 404 || status === 422) throw new Error(`paying answered ${status}`);
      if (status === 200 || PAID.has(state)) entry.paidAt = Date.now();
      return status === 200 || state !== 'awaiting_payment' ? true : undefined;
    });
  }

  /** Until the shop has said yes, or that it is too late. */
  async #cancel(entry, token) {
    await this.shop.until(async () => {
      const { status } = await this.shop.cancel(token, entry.id);
      if (![200, 202, 409].includes(status)) return undefined; // 404: it still waits in the queue
      entry.cancelAnswer = status;
      return true;
    });
  }

  /** Waits for the result, and for the end of the order that was won. */
  async #takeTurn(entry, token) {
    const { status, orderId } = await this.#ticket(entry, token, ({ status: seen }) => seen !== 'waiting');
    entry.orderId = orderId;
    if (status === 'won') {
      const order = { id: orderId };
      if (entry.pays) await this.#pay(order, token);
      const end = await this.#end(order, token);
      Object.assign(entry, { paidAt: order.paidAt, seenPaid: order.seenPaid });
      const told = end === 'completed' ? 'won' : 'expired';
      await this.#ticket(entry, token, ({ status: seen }) => seen === told);
      entry.end = told;
    } else entry.end = status;
  }

  #ticket({ ticket }, token, matters) {
    return this.shop.until(async () => {
      const { status, body } = await this.shop.call('GET', ticket, { token });
      return status === 200 && matters(body) ? body : undefined;
    });
  }
}
