import { randomUUID } from 'node:crypto';
import { createdId, type ShopClient } from '../shop-client.js';
import { until } from '../until.js';
import { Refused } from './refused.js';

const KINDS = ['orders', 'claims'] as const;
type Kind = (typeof KINDS)[number];

/** The most that one burst sends. */
const MOST = 500;
/** After this time nothing more is sent. Milliseconds. */
const WITHIN_MS = 60_000;
/** Requests at a time: as many as fill queues, and leave the machine to the services. */
const WIDTH = 16;
/** How long an order of a burst is waited for until it can be paid. Milliseconds. */
const PAYABLE_WITHIN_MS = 20_000;
/** A sale that a burst makes where none is open. */
const SALE = { quantity: 20, payWithinSeconds: 30, forMs: 120_000 };
const OPEN_WITHIN_MS = 10_000;
const POLL_MS = 250;

export interface BurstState {
  of: Kind;
  count: number;
  /** Accepted by the shop, and not: refused, failed, or not answered. */
  accepted: number;
  refused: number;
  isRunning: boolean;
}

/** Signs a token for somebody. */
export type TokenFor = (role: 'customer' | 'admin', userId: string) => Promise<string>;

/** Many people at once, each with a token of their own: over HTTP, as everybody. One burst at a time. */
export class Bursts {
  state: BurstState | undefined;

  constructor(
    private readonly shop: ShopClient,
    private readonly tokenFor: TokenFor,
  ) {}

  /** Returns at once. @throws {Refused} not that many, no such burst, or one is under way */
  start(kind: unknown, count: unknown): void {
    if (!KINDS.includes(kind as Kind)) throw new Refused('There is no such burst.');
    if (!Number.isInteger(count) || Number(count) < 1 || Number(count) > MOST)
      throw new Refused(`A burst is of 1 to ${MOST}.`);
    if (this.state?.isRunning) throw new Refused('One burst at a time.');
    const state: BurstState = { of: kind as Kind, count: Number(count), accepted: 0, refused: 0, isRunning: true };
    this.state = state;
    void this.#run(state)
      .catch(() => (state.refused = state.count - state.accepted)) // no product or sale to be had: nobody was sent
      .finally(() => (state.isRunning = false));
  }

  async #run(state: BurstState): Promise<void> {
    const one = state.of === 'orders' ? this.#buyer(await this.#sku()) : this.#claimant(await this.#openSale());
    const end = Date.now() + WITHIN_MS;
    let left = state.count;
    const worker = async (): Promise<void> => {
      while (left > 0 && Date.now() < end) {
        left -= 1;
        const isAccepted = await one(await this.tokenFor('customer', randomUUID())).catch(() => false);
        state[isAccepted ? 'accepted' : 'refused'] += 1;
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
  }

  /** Orders and, when the order can be paid, pays: what nobody pays would hold stock for half an hour. */
  #buyer(sku: string): (token: string) => Promise<boolean> {
    return async (token) => {
      const answer = await this.shop.placeOrder(token, { lines: [{ sku, quantity: 1 }] });
      const id = createdId(answer);
      if (!id) return false;
      void this.#pay(token, id).catch(() => {}); // it is cancelled, as one of somebody who has left
      return true;
    };
  }

  async #pay(token: string, id: string): Promise<void> {
    const isPayable = async (): Promise<boolean> =>
      (await this.shop.getOrder(token, id)).body?.status === 'awaiting_payment';
    if (await until(isPayable, { withinMs: PAYABLE_WITHIN_MS, everyMs: POLL_MS, growth: 1.5, longestMs: 2_000 }))
      await this.shop.pay(token, id);
  }

  #claimant(saleId: string): (token: string) => Promise<boolean> {
    return async (token) => (await this.shop.claim(token, saleId)).status === 202;
  }

  async #sku(): Promise<string> {
    const { items } = await this.shop.expect<Products>(200, 'GET', '/products?limit=100');
    const most = items.reduce((one, other) => (other.available > one.available ? other : one));
    return most.sku;
  }

  /** The sale that is open, else a new one. */
  async #openSale(): Promise<string> {
    const { items } = await this.shop.expect<Sales>(200, 'GET', '/flash-sales');
    const open = items.find(({ state }) => state === 'open');
    if (open) return open.id;
    const admin = await this.tokenFor('admin', randomUUID());
    const { id } = await this.shop.createSale(admin, { sku: await this.#sku(), ...SALE });
    await until(async () => (await this.shop.getSale(id)).body.state === 'open', {
      withinMs: OPEN_WITHIN_MS,
      everyMs: POLL_MS,
    });
    return id;
  }
}

interface Products {
  items: { sku: string; available: number }[];
}
interface Sales {
  items: { id: string; state: string }[];
}
