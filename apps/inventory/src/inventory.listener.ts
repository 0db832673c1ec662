import { Controller } from '@nestjs/common';
import {
  AllotStock,
  GetPrices,
  GetProduct,
  ListProducts,
  type Message,
  OrderCancelled,
  OrderPlaced,
  OrderRejected,
  ParcelDispatched,
  PutProduct,
  ReceiveStock,
  ReturnAllotment,
} from '@sluice/contracts';
import { On } from '@sluice/messaging';
import { allot, allotKeys, returnAllotment, returnKeys } from './allotment.js';
import { productKeys, putProduct } from './product.js';
import { ProductQueries } from './product.queries.js';
import { ProductRepository } from './product.repository.js';
import { receiptKeys, receiveStock } from './receipt.js';
import { issue, issueKeys, release, releaseKeys, reserve, reserveKeys } from './reservation.js';
import { StockRepository } from './stock.repository.js';

@Controller()
export class InventoryListener {
  constructor(
    private readonly stock: StockRepository,
    private readonly products: ProductRepository,
    private readonly queries: ProductQueries,
  ) {}

  @On(OrderPlaced)
  orderPlaced(message: Message<typeof OrderPlaced>) {
    return this.stock.change(message, reserveKeys(message.data), (state) => reserve(state, message.data));
  }

  @On(OrderRejected)
  orderRejected(message: Message<typeof OrderRejected>) {
    return this.stock.change(message, releaseKeys(message.data), (state) => release(state, message.data));
  }

  @On(OrderCancelled)
  orderCancelled(message: Message<typeof OrderCancelled>) {
    return this.stock.change(message, releaseKeys(message.data), (state) => release(state, message.data));
  }

  @On(ParcelDispatched)
  parcelDispatched(message: Message<typeof ParcelDispatched>) {
    const { data } = message;
    return this.stock.change(message, issueKeys(data), (state) => issue(state, data), { mayWait: true });
  }

  @On(PutProduct)
  putProduct(message: Message<typeof PutProduct>) {
    return this.products.change(message, productKeys(message.data), (state) => putProduct(state, message.data));
  }

  @On(ReceiveStock)
  receiveStock(message: Message<typeof ReceiveStock>) {
    return this.stock.change(message, receiptKeys(message.data), (state) => receiveStock(state, message.data));
  }

  @On(AllotStock)
  allotStock(message: Message<typeof AllotStock>) {
    return this.stock.change(message, allotKeys(message.data), (state) => allot(state, message.data));
  }

  @On(ReturnAllotment)
  returnAllotment(message: Message<typeof ReturnAllotment>) {
    return this.stock.change(message, returnKeys(message.data), (state) => returnAllotment(state, message.data));
  }

  @On(GetProduct)
  getProduct({ data }: Message<typeof GetProduct>) {
    return this.queries.product(data.sku);
  }

  @On(ListProducts)
  listProducts({ data }: Message<typeof ListProducts>) {
    return this.queries.list(data);
  }

  @On(GetPrices)
  getPrices({ data }: Message<typeof GetPrices>) {
    return this.queries.prices(data);
  }
}
