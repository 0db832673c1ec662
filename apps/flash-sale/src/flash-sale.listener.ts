import { Controller } from '@nestjs/common';
import {
  AllotmentReturned,
  ClaimPiece,
  CloseSale,
  CreateSale,
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
import { On } from '@sluice/messaging';
import { SaleQueries } from './sale.queries.js';
import { SalesRepository } from './sales.repository.js';

/**
 * Claims per commit. The broker's limit counts only waiting messages, so each process adds this many to the claim
 * queue. A larger batch costs less per claim, but not by much: 500 needed a sixth less processor time than 100, and
 * drained hardly faster.
 */
const CLAIMS_AT_ONCE = 200;

@Controller()
export class FlashSaleListener {
  constructor(
    private readonly sales: SalesRepository,
    private readonly queries: SaleQueries,
  ) {}

  @On(CreateSale)
  createSale(message: Message<typeof CreateSale>) {
    return this.sales.create(message);
  }

  @On(CloseSale)
  closeSale(message: Message<typeof CloseSale>) {
    return this.sales.close(message);
  }

  @On(StockAllotted)
  stockAllotted(message: Message<typeof StockAllotted>) {
    return this.sales.allotted(message);
  }

  @On(StockAllotmentRefused)
  stockAllotmentRefused(message: Message<typeof StockAllotmentRefused>) {
    return this.sales.refused(message);
  }

  @On(AllotmentReturned)
  allotmentReturned(message: Message<typeof AllotmentReturned>) {
    return this.sales.confirmed(message);
  }

  @On(ClaimPiece, { queue: 'claims', prefetch: CLAIMS_AT_ONCE })
  claimPiece(message: Message<typeof ClaimPiece>) {
    return this.sales.claim(message);
  }

  @On(OrderPaid)
  orderPaid(message: Message<typeof OrderPaid>) {
    return this.sales.paid(message);
  }

  @On(OrderRejected)
  orderRejected(message: Message<typeof OrderRejected>) {
    return this.sales.ended(message);
  }

  @On(OrderCancelled)
  orderCancelled(message: Message<typeof OrderCancelled>) {
    return this.sales.ended(message);
  }

  @On(StockReleased)
  stockReleased(message: Message<typeof StockReleased>) {
    return this.sales.released(message);
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
}
