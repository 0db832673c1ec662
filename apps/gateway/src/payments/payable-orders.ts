import { Injectable } from '@nestjs/common';
import { OrderAwaitingPayment, OrderCancelled, OrderPaid } from '@sluice/contracts';
import { Live } from '@sluice/http-kit';

/** Orders that are remembered; the oldest is forgotten first. About 1 MB. */
const MAX_ORDERS = 10_000;

/**
 * Orders that this gateway has seen become payable and that nobody has tried to pay here. Their first payment needs no
 * question to payments before the card is exchanged. Facts may be lost: an unknown order is asked about.
 */
@Injectable()
export class PayableOrders {
  readonly #userOf = new Map<string, string>();

  constructor(live: Live) {
    live.onFact(OrderAwaitingPayment, (fact) => fact && this.#add(fact.data.orderId, fact.data.userId));
    live.onFact(OrderPaid, (fact) => fact && this.#userOf.delete(fact.data.orderId));
    live.onFact(OrderCancelled, (fact) => fact && this.#userOf.delete(fact.data.orderId));
  }

  /** Returns whether the order is known to be payable by this user. True once only: a failed card must be counted. */
  take({ orderId, userId }: { orderId: string; userId: string }): boolean {
    return this.#userOf.get(orderId) === userId && this.#userOf.delete(orderId);
  }

  #add(orderId: string, userId: string): void {
    this.#userOf.set(orderId, userId);
    if (this.#userOf.size <= MAX_ORDERS) return;
    const [oldest] = this.#userOf.keys();
    this.#userOf.delete(oldest!);
  }
}
