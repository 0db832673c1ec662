import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClaimResult, Order } from '@sluice/contracts';
import { messageOf } from '@sluice/stack/errors';
import { createdId, PAID, type NewOrder } from '@sluice/stack/shop-client';
import type { ClaimEntry, Intent, Ledger, OrderEntry } from './ledger.js';
import type { RetryingShop } from './retrying-shop.js';

const ENDS: ReadonlySet<string> = new Set<Order['status']>(['completed', 'cancelled', 'rejected']);
/** Statuses of POST /orders that a repeat would not change. */
const REFUSED = new Set([400, 401, 403, 404, 409, 422]);

interface Parts {
  shop: RetryingShop;
  ledger: Ledger;
  tokenOf: (userId: string) => Promise<string>;
  /** How long the shop waits for a payment. */
  windowMs: number;
  /** Follows an order beside its customer; never throws. */
  follow?: ((orderId: string, token: string) => Promise<void>) | undefined;
}

/** The order as its customer follows it; a claim's order is one too. */
type FollowedOrder = Pick<OrderEntry, 'id' | 'paidAt' | 'seenPaid'> & { answers?: number[] };

/** Customers: each order goes the way its customer intends, whatever has to be requested again for that. */
export class Customers {
  constructor(private readonly parts: Parts) {}

  /** One order from its key to its end. */
  async order(
    order: { intent: Intent; userId?: string } & Pick<NewOrder, 'lines' | 'coupon'>,
    onPaid: (entry: OrderEntry) => void = () => {},
  ): Promise<void> {
    const { intent, lines, coupon, userId = randomUUID() } = order;
    const entry: OrderEntry = { key: randomUUID(), userId, intent, answers: [], ids: new Set() };
    this.parts.ledger.orders.push(entry);
    await follow(entry, async () => {
      const token = await this.parts.tokenOf(userId);
      const id = await this.#place(entry, token, { key: entry.key, lines, coupon });
      const followed = this.parts.follow?.(id, token);
      if (intent.startsWith('pay')) await this.#pay(entry, token);
      if (entry.paidAt) onPaid(entry);
      if (intent.endsWith('cancel')) await this.#cancel(entry, token);
      if (intent === 'leave') await sleep(this.parts.windowMs); // nothing changes before
      entry.end = await this.#end(entry, token);
      await followed;
    });
  }

  /** One user who claims a piece of a sale. @param user pays: for what they win */
  async claim(saleId: string, { pays }: { pays: boolean }): Promise<void> {
    const { shop, ledger, tokenOf } = this.parts;
    const entry: ClaimEntry = { userId: randomUUID(), pays };
    ledger.claims.push(entry);
    await follow(entry, async () => {
      const token = await tokenOf(entry.userId);
      const { status, headers } = await shop.answered(() => shop.claim(token, saleId));
      if (status === 410) return;
      const ticket = headers.get('location');
      if (status !== 202 || ticket === null) throw new Error(`the door answered ${status}`);
      Object.assign(entry, { ticket, acceptedAt: Date.now() });
      await this.#followClaim(entry, ticket, token);
    });
  }

  /** The same key until it is accepted; whatever is answered then must be the same order. */
  #place(entry: OrderEntry, token: string, order: NewOrder): Promise<string> {
    const { shop } = this.parts;
    return shop.until(async () => {
      const answer = await shop.placeOrder(token, order);
      entry.answers.push(answer.status);
      if (REFUSED.has(answer.status)) throw new Error(`POST /orders answered ${answer.status}`);
      if (answer.status !== 201 && answer.status !== 202) return undefined;
      entry.id = createdId(answer) ?? '';
      entry.ids.add(entry.id);
      entry.acceptedAt ??= Date.now();
      return entry.id;
    });
  }

  /** @returns the order's state, as soon as it is one of those that are waited for */
  #state(
    entry: FollowedOrder,
    token: string,
    isAwaited: (status: Order['status']) => boolean,
  ): Promise<Order['status']> {
    const { shop } = this.parts;
    return shop.until(async () => {
      const { status, body } = await shop.getOrder(token, entry.id ?? '');
      // After a 202 it may still wait in the queue; what was answered with 201 is there.
      if (status === 404 && entry.answers?.at(-1) === 201) throw new Error('answered with 201, and then with 404');
      if (status !== 200) return undefined;
      if (PAID.has(body.status)) entry.seenPaid = true;
      return isAwaited(body.status) ? body.status : undefined;
    });
  }

  #end(entry: FollowedOrder, token: string): Promise<Order['status']> {
    return this.#state(entry, token, (state) => ENDS.has(state));
  }

  /** Until the money is captured, or the order has ended otherwise. */
  async #pay(entry: FollowedOrder, token: string): Promise<void> {
    const { shop } = this.parts;
    await shop.until(async () => {
      const state = await this.#state(entry, token, (seen) => seen !== 'pending');
      const status = state === 'awaiting_payment' ? (await shop.pay(token, entry.id ?? '')).status : undefined;
      if (status === 402 || status === 404 || status === 422) throw new Error(`paying answered ${status}`);
      if (status === 200 || PAID.has(state)) entry.paidAt = Date.now();
      return status === 200 || state !== 'awaiting_payment' ? true : undefined;
    });
  }

  /** Until the shop has accepted it, or has answered that it is too late. */
  async #cancel(entry: OrderEntry, token: string): Promise<void> {
    const { shop } = this.parts;
    entry.cancelAnswer = await shop.until(async () => {
      const { status } = await shop.cancel(token, entry.id ?? '');
      return status === 200 || status === 202 || status === 409 ? status : undefined; // 404: it still waits in the queue
    });
  }

  /** Waits for the result, and for the end of the order that was won. */
  async #followClaim(entry: ClaimEntry, ticket: string, token: string): Promise<void> {
    const { status, orderId } = await this.#result(ticket, token, (result) => result.status !== 'waiting');
    entry.orderId = orderId;
    if (status !== 'won') {
      entry.end = status === 'waiting' ? undefined : status;
      return;
    }
    const order: FollowedOrder = { id: orderId };
    if (entry.pays) await this.#pay(order, token);
    const expected = (await this.#end(order, token)) === 'completed' ? 'won' : 'expired';
    Object.assign(entry, { paidAt: order.paidAt, seenPaid: order.seenPaid });
    await this.#result(ticket, token, (result) => result.status === expected);
    entry.end = expected;
  }

  #result(ticket: string, token: string, isAwaited: (result: ClaimResult) => boolean): Promise<ClaimResult> {
    const { shop } = this.parts;
    return shop.until(async () => {
      const { status, body } = await shop.getClaim(token, ticket);
      return status === 200 && isAwaited(body) ? body : undefined;
    });
  }
}

async function follow(entry: OrderEntry | ClaimEntry, steps: () => Promise<void>): Promise<void> {
  try {
    await steps();
    entry.endedAt = Date.now();
  } catch (error) {
    entry.trouble = messageOf(error);
  }
}
