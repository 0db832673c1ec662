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
import { Catalogue } from './catalogue.js';
import { InventoryRepository } from './inventory.repository.js';

@Controller()
export class InventoryListener {
  constructor(
    private readonly inventory: InventoryRepository,
    private readonly catalogue: Catalogue,
  ) {}

  @On(OrderPlaced)
  orderPlaced(message: Message<typeof OrderPlaced>) {
    return this.inventory.reserve(message);
  }

  @On(OrderRejected)
  orderRejected(message: Message<typeof OrderRejected>) {
    return this.inventory.release(message);
  }

  @On(OrderCancelled)
  orderCancelled(message: Message<typeof OrderCancelled>) {
    return this.inventory.release(message);
  }

  @On(ParcelDispatched)
  parcelDispatched(message: Message<typeof ParcelDispatched>) {
    return this.inventory.issue(message);
  }

  @On(PutProduct)
  putProduct(message: Message<typeof PutProduct>) {
    return this.inventory.putProduct(message);
  }

  @On(ReceiveStock)
  receiveStock(message: Message<typeof ReceiveStock>) {
    return this.inventory.receiveStock(message);
  }

  @On(AllotStock)
  allotStock(message: Message<typeof AllotStock>) {
    return this.inventory.allot(message);
  }

  @On(ReturnAllotment)
  returnAllotment(message: Message<typeof ReturnAllotment>) {
    return this.inventory.returnAllotment(message);
  }

  @On(GetProduct)
  getProduct({ data }: Message<typeof GetProduct>) {
    return this.catalogue.product(data.sku);
  }

  @On(ListProducts)
  listProducts({ data }: Message<typeof ListProducts>) {
    return this.catalogue.page(data);
  }

  @On(GetPrices)
  async getPrices({ data }: Message<typeof GetPrices>) {
    return { items: await this.catalogue.prices(data.skus) };
  }
}
