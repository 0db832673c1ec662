import { randomUUID } from 'node:crypto';

/** Real milliseconds between two looks at the line. */
const DRAIN_EVERY_MS = 20;

/** Flash sales of the fake shop: a line of claims that is drained now and then, first come, first served. */
export class FakeSales {
  #sales = new Map();

  constructor(shop) {
    this.shop = shop;
  }

  create({ quantity, opensAt, closesAt, ...sale }) {
    const id = randomUUID();
    this.#sales.set(id, {
      id,
      ...sale,
      quantity,
      remaining: quantity,
      held: 0,
      sold: 0,
      opensAt,
      closesAt,
      tickets: new Map(),
    });
    return [201, { id }];
  }

  show(id) {
    const sale = this.#sales.get(id);
    if (!sale) return [404];
    this.#expire(sale);
    const shown = { ...sale, state: this.#stateOf(sale), ...(this.shop.faults.miscount && { sold: sale.sold + 1 }) };
    delete shown.tickets;
    return [200, shown];
  }

  #stateOf({ opensAt, closesAt, remaining }) {
    const now = this.shop.now();
    if (now < Date.parse(opensAt)) return 'scheduled';
    if (now >= Date.parse(closesAt)) return 'closed';
    return remaining > 0 ? 'open' : 'sold-out';
  }

  claim(id, user) {
    const sale = this.#sales.get(id);
    if (!sale) return [404];
    const refusal = { scheduled: 425, closed: 410, 'sold-out': 410 }[this.#stateOf(sale)];
    if (refusal) return [refusal];
    const ticket = `ticket-of-${user}`;
    if (!sale.tickets.has(ticket)) {
      sale.tickets.set(ticket, { status: 'waiting' });
      setTimeout(() => this.#decide(sale, user, ticket), DRAIN_EVERY_MS).unref();
    }
    return [202, { ticket, status: 'waiting' }, { location: `/flash-sales/${id}/claims/${ticket}` }];
  }

  ticket(id, user, ticket) {
    const found = this.#sales.get(id)?.tickets.get(ticket);
    return found && ticket === `ticket-of-${user}` ? [200, found] : [404];
  }

  paid(id) {
    const sale = this.#sales.get(id);
    sale.held--;
    sale.sold++;
  }

  /** What was won and not paid in time is on sale again. */
  #expire(sale) {
    for (const ticket of sale.tickets.values()) {
      const order = ticket.status === 'won' ? this.shop.orders.get(ticket.orderId) : undefined;
      if (
        order?.status !== 'awaiting_payment' ||
        Date.parse(order.placedAt) + sale.payWithinSeconds * 1000 > this.shop.now()
      )
        continue;
      order.status = 'cancelled';
      Object.assign(ticket, { status: 'expired', reason: 'payment_timeout' });
      sale.held--;
      sale.remaining++;
    }
  }

  #decide(sale, user, ticket) {
    const { faults } = this.shop;
    if (faults.neverDecide) return;
    if (sale.remaining === 0) return void sale.tickets.set(ticket, { status: 'lost', reason: 'sold_out' });
    const { id: orderId } = this.shop.place(user, {
      lines: [{ sku: sale.sku }],
      flashSaleId: sale.id,
      price: sale.price,
    });
    if (faults.sellTwice)
      this.shop.place(user, { lines: [{ sku: sale.sku }], flashSaleId: sale.id, price: sale.price });
    sale.remaining--;
    sale.held++;
    sale.tickets.set(ticket, { status: 'won', orderId });
  }
}
