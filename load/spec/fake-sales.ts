import { randomUUID } from 'node:crypto';
import type { Answer, Shop } from './shop.js';

/** Real milliseconds between a claim and its decision. */
const DRAIN_EVERY_MS = 20;

interface Ticket {
  status: 'waiting' | 'won' | 'lost' | 'expired';
  reason?: string;
  orderId?: string;
}

export interface NewSale {
  sku: string;
  price: unknown;
  quantity: number;
  /** RFC 3339. */
  opensAt: string;
  closesAt: string;
  payWithinSeconds: number;
}

interface Sale extends NewSale {
  id: string;
  remaining: number;
  held: number;
  sold: number;
  tickets: Map<string, Ticket>;
}

type State = 'scheduled' | 'open' | 'sold-out' | 'closed';

/** The status of a claim that is refused in a state. */
const REFUSALS: Partial<Record<State, number>> = { scheduled: 425, closed: 410, 'sold-out': 410 };

/** Flash sales of the fake shop: claims that are decided a little later, first come, first served. */
export class FakeSales {
  readonly #sales = new Map<string, Sale>();

  constructor(private readonly shop: Shop) {}

  create(sale: NewSale): Answer {
    const id = randomUUID();
    this.#sales.set(id, { ...sale, id, remaining: sale.quantity, held: 0, sold: 0, tickets: new Map() });
    return [201, { id }];
  }

  show(id: string): Answer {
    const sale = this.#sales.get(id);
    if (!sale) return [404];
    this.#expire(sale);
    const sold = this.shop.faults.miscount ? sale.sold + 1 : sale.sold;
    return [200, { ...sale, sold, state: this.#stateOf(sale), tickets: undefined }];
  }

  #stateOf({ opensAt, closesAt, remaining }: Sale): State {
    const now = this.shop.now();
    if (now < Date.parse(opensAt)) return 'scheduled';
    if (now >= Date.parse(closesAt)) return 'closed';
    return remaining > 0 ? 'open' : 'sold-out';
  }

  claim(id: string, user: string): Answer {
    const sale = this.#sales.get(id);
    if (!sale) return [404];
    const refusal = REFUSALS[this.#stateOf(sale)];
    if (refusal) return [refusal];
    const ticket = `ticket-of-${user}`;
    if (!sale.tickets.has(ticket)) {
      sale.tickets.set(ticket, { status: 'waiting' });
      setTimeout(() => this.#decide(sale, user, ticket), DRAIN_EVERY_MS).unref();
    }
    return [202, { ticket, status: 'waiting' }, { location: `/flash-sales/${id}/claims/${ticket}` }];
  }

  ticket(id: string, user: string, ticket: string): Answer {
    const found = this.#sales.get(id)?.tickets.get(ticket);
    return found && ticket === `ticket-of-${user}` ? [200, found] : [404];
  }

  paid(id: string): void {
    const sale = this.#sales.get(id);
    if (!sale) return;
    sale.held--;
    sale.sold++;
  }

  /** A piece that was won and not paid in time is on sale again. */
  #expire(sale: Sale): void {
    for (const ticket of sale.tickets.values()) {
      const order = ticket.status === 'won' ? this.shop.orders.get(ticket.orderId ?? '') : undefined;
      if (order?.status !== 'awaiting_payment') continue;
      if (Date.parse(order.placedAt) + sale.payWithinSeconds * 1000 > this.shop.now()) continue;
      order.status = 'cancelled';
      Object.assign(ticket, { status: 'expired', reason: 'payment_timeout' });
      sale.held--;
      sale.remaining++;
    }
  }

  #decide(sale: Sale, user: string, ticket: string): void {
    const { faults } = this.shop;
    if (faults.neverDecide) return;
    if (sale.remaining === 0) {
      sale.tickets.set(ticket, { status: 'lost', reason: 'sold_out' });
      return;
    }
    const order = { lines: [{ sku: sale.sku }] as [{ sku: string }], flashSaleId: sale.id, price: sale.price };
    const { id: orderId } = this.shop.place(user, order);
    if (faults.sellTwice) this.shop.place(user, order);
    sale.remaining--;
    sale.held++;
    sale.tickets.set(ticket, { status: 'won', orderId });
  }
}
