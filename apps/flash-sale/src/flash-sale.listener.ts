import { Controller, Inject } from '@nestjs/common';
import {
  AllotmentReturned,
  ClaimPiece,
  CloseSale,
  CreateSale,
  FindDecidedClaims,
  GetClaim,
  GetSale,
  ListSales,
  type Message,
  OrderCancelled,
  OrderPaid,
  OrderRejected,
  StockAllotmentRefused,
  StockAllotted,
  StockReleased,
} from '@sluice/contracts';
import { decisionTime, On } from '@sluice/messaging';
import { CONFIG } from '@sluice/service-kit';
import { claim, claimKeys, ended, paid, released, type Sold } from './claim.js';
import type { FlashSaleConfig } from './config.js';
import { allotted, closeEarly, confirmed, create, refused, saleKeys } from './sale.js';
import { SaleQueries } from './sale.queries.js';
import { SaleRepository } from './sale.repository.js';
import { claimKey, type Decision, type State } from './tables.js';

/** A fact about an order, which may belong to a sale. */
type OrderFact = Message<typeof OrderPaid | typeof OrderCancelled | typeof OrderRejected | typeof StockReleased>;

/**
 * Claims per commit. The broker's limit counts only waiting messages, so each process adds this many to the claim
 * queue. A larger batch costs less per claim, but not by much: 500 needed a sixth less processor time than 100, and
 * drained hardly faster.
 */
const CLAIMS_AT_ONCE = 200;

@Controller()
export class FlashSaleListener {
  constructor(
    private readonly sales: SaleRepository,
    private readonly queries: SaleQueries,
    @Inject(CONFIG) private readonly config: FlashSaleConfig,
  ) {}

  @On(CreateSale)
  createSale(message: Message<typeof CreateSale>) {
    const { data } = message;
    return this.sales.change(message, saleKeys(data), (state, now) => create(state, data, now, this.config));
  }

  @On(CloseSale)
  closeSale(message: Message<typeof CloseSale>) {
    const { data } = message;
    return this.sales.change(message, saleKeys(data), (state, now) => closeEarly(state, data, now));
  }

  @On(StockAllotted)
  stockAllotted(message: Message<typeof StockAllotted>) {
    const { data } = message;
    return this.sales.change(message, saleKeys(data), (state, now) => allotted(state, data, now));
  }

  @On(StockAllotmentRefused)
  stockAllotmentRefused(message: Message<typeof StockAllotmentRefused>) {
    const { data } = message;
    return this.sales.change(message, saleKeys(data), (state, now) => refused(state, data, now));
  }

  @On(AllotmentReturned)
  allotmentReturned(message: Message<typeof AllotmentReturned>) {
    const { data } = message;
    return this.sales.change(message, saleKeys(data), (state) => confirmed(state, data));
  }

  @On(ClaimPiece, { queue: 'claims', prefetch: CLAIMS_AT_ONCE })
  claimPiece(message: Message<typeof ClaimPiece>) {
    const ticket = message.data;
    return this.sales.change(message, claimKeys(ticket), (state, now) =>
      claim(state, ticket, { at: decisionTime(message, now), now }),
    );
  }

  @On(OrderPaid)
  orderPaid(message: Message<typeof OrderPaid>) {
    return this.#changeWin(message, paid);
  }

  @On(OrderRejected)
  orderRejected(message: Message<typeof OrderRejected>) {
    return this.#end(message);
  }

  @On(OrderCancelled)
  orderCancelled(message: Message<typeof OrderCancelled>) {
    return this.#end(message);
  }

  @On(StockReleased)
  stockReleased(message: Message<typeof StockReleased>) {
    return this.#changeWin(message, released);
  }

  @On(GetSale)
  getSale({ data }: Message<typeof GetSale>) {
    return this.queries.sale(data);
  }

  @On(ListSales)
  listSales({ data }: Message<typeof ListSales>) {
    return this.queries.list(data);
  }

  @On(GetClaim)
  getClaim({ data }: Message<typeof GetClaim>) {
    return this.queries.ticket(data);
  }

  @On(FindDecidedClaims)
  findDecidedClaims({ data }: Message<typeof FindDecidedClaims>) {
    return this.queries.decided(data);
  }

  async #changeWin(message: OrderFact, rule: (state: State, about: Sold, now: Date) => Decision): Promise<void> {
    const about = saleOf(message);
    if (!about) return;
    await this.sales.change(message, claimKeys(about), (state, now) => rule(state, about, now));
  }

  /** Locks the claim alone: all claims of the sale wait for the sale's row. */
  async #end(message: Message<typeof OrderCancelled | typeof OrderRejected>): Promise<void> {
    const about = saleOf(message);
    if (!about) return;
    const { reason } = message.data;
    await this.sales.change(message, { claims: [claimKey(about)] }, (state) => ended(state, about, reason));
  }
}

/** Returns undefined for an order that belongs to no sale; only a binding of before the marks brings such a fact. */
function saleOf({ data: { flashSaleId: saleId, userId, orderId } }: OrderFact): Sold | undefined {
  return saleId === undefined ? undefined : { saleId, userId, orderId };
}
