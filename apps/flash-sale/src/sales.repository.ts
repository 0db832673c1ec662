import { Inject, Injectable } from '@nestjs/common';
import type {
  AllotmentReturned,
  ClaimPiece,
  CloseSale,
  CreateSale,
  Message,
  OrderCancelled,
  OrderPaid,
  OrderRejected,
  StockAllotmentRefused,
  StockAllotted,
  StockReleased,
} from '@sluice/contracts';
import { decisionTime } from '@sluice/messaging';
import { newId, type UnitOfWork } from '@sluice/persistence';
import { CONFIG, UnitsOfWork } from '@sluice/service-kit';
import { claim, ended, paid, placeAgain, released, type Sold } from './claim.js';
import type { FlashSaleConfig } from './config.js';
import { allotted, resend, closeEarly, confirmed, create, applyClock, refused, shelve } from './sale.js';
import { claimKey, tables } from './tables.js';

type OrderFact = Message<typeof OrderPaid | typeof OrderCancelled | typeof OrderRejected | typeof StockReleased>;

/** Maps each message to the rows it concerns, and to the rule that decides on them. */
@Injectable()
export class SalesRepository {
  readonly #unit: UnitOfWork<typeof tables>;

  constructor(
    units: UnitsOfWork,
    @Inject(CONFIG) private readonly config: FlashSaleConfig,
  ) {
    this.#unit = units.over({ tables });
  }

  create(message: Message<typeof CreateSale>) {
    const { data } = message;
    return this.#unit.change(message, { sales: [data.saleId] }, (state, now) => create(state, data, now, this.config));
  }

  close(message: Message<typeof CloseSale>) {
    const { data } = message;
    return this.#unit.change(message, { sales: [data.saleId] }, (state, now) => closeEarly(state, data, now));
  }

  async allotted(message: Message<typeof StockAllotted>): Promise<void> {
    const { data } = message;
    await this.#unit.change(message, { sales: [data.saleId] }, (state, now) => allotted(state, data, now));
  }

  async refused(message: Message<typeof StockAllotmentRefused>): Promise<void> {
    const { data } = message;
    await this.#unit.change(message, { sales: [data.saleId] }, (state, now) => refused(state, data, now));
  }

  async confirmed(message: Message<typeof AllotmentReturned>): Promise<void> {
    const { data } = message;
    await this.#unit.change(message, { sales: [data.saleId] }, (state) => confirmed(state, data));
  }

  async claim(message: Message<typeof ClaimPiece>): Promise<void> {
    const ticket = message.data;
    await this.#unit.change(message, { sales: [ticket.saleId], claims: [claimKey(ticket)] }, (state, now) =>
      claim(state, ticket, { at: decisionTime(message, now), now }),
    );
  }

  async paid(message: Message<typeof OrderPaid>): Promise<void> {
    const about = saleOf(message);
    if (about)
      await this.#unit.change(message, { sales: [about.saleId], claims: [claimKey(about)] }, (state, now) =>
        paid(state, about, now),
      );
  }

  /** Locks the claim alone: all claims of the sale wait for the sale's row. */
  async ended(message: Message<typeof OrderCancelled | typeof OrderRejected>): Promise<void> {
    const about = saleOf(message);
    if (about)
      await this.#unit.change(message, { claims: [claimKey(about)] }, (state) =>
        ended(state, about, message.data.reason),
      );
  }

  async released(message: Message<typeof StockReleased>): Promise<void> {
    const about = saleOf(message);
    if (about)
      await this.#unit.change(message, { sales: [about.saleId], claims: [claimKey(about)] }, (state, now) =>
        released(state, about, now),
      );
  }

  async resend(message: Message, saleId: string, afterMs: number): Promise<void> {
    await this.#unit.change(message, { sales: [saleId] }, (state, now) => resend(state, { saleId }, afterMs, now));
  }

  /** @param key of the user's row in `claims` */
  async placeAgain(message: Message, key: string, afterMs: number): Promise<void> {
    const [saleId, userId] = key.split('/') as [string, string];
    await this.#unit.change(message, { sales: [saleId], claims: [key] }, (state, now) =>
      placeAgain(state, { saleId, userId }, afterMs, now),
    );
  }

  /** Uses a new message id each time: the rule checks again under the sale's lock whether something is due. */
  async applyClock(saleId: string): Promise<void> {
    await this.#unit.change(ownMessage(saleId), { sales: [saleId] }, (state, now) =>
      applyClock(state, { saleId }, now),
    );
  }

  async shelve(saleId: string, queueIsEmpty: boolean): Promise<void> {
    await this.#unit.change(ownMessage(saleId), { sales: [saleId] }, (state, now) =>
      shelve(state, { saleId, queueIsEmpty }, now),
    );
  }
}

const ownMessage = (saleId: string) => ({
  id: newId(),
  type: 'flash-sale.clock',
  version: 1,
  correlationId: saleId,
  time: new Date().toISOString(),
  data: { saleId },
});

/** Returns undefined for an order that belongs to no sale, as most do. */
function saleOf({ data: { flashSaleId: saleId, userId, orderId } }: OrderFact): Sold | undefined {
  return saleId === undefined ? undefined : { saleId, userId, orderId };
}
