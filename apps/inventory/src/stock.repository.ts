import { Injectable } from '@nestjs/common';
import type {
  AllotStock,
  Message,
  OrderCancelled,
  OrderPlaced,
  OrderRejected,
  ParcelDispatched,
  PutProduct,
  ReceiveStock,
  ReturnAllotment,
} from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { allot, returnAllotment } from './allotment.js';
import { putProduct } from './product.js';
import { receiptId, receiveStock } from './receipt.js';
import { issue, release, reserve } from './reservation.js';
import { shelf, shelvesOf } from './stock.js';
import { catalogueTables, stockTables } from './tables.js';

/** Maps each message to the rows it concerns, and to the rule that decides on them. */
@Injectable()
export class InventoryRepository {
  readonly #catalogue: UnitOfWork<typeof catalogueTables>;
  readonly #stock: UnitOfWork<typeof stockTables>;

  constructor(units: UnitsOfWork) {
    this.#catalogue = units.over({ tables: catalogueTables });
    this.#stock = units.over({ tables: stockTables });
  }

  putProduct(message: Message<typeof PutProduct>) {
    const { sku } = message.data;
    return this.#catalogue.change(message, { products: [sku], stock: shelvesOf(sku) }, (state) =>
      putProduct(state, message.data),
    );
  }

  receiveStock(message: Message<typeof ReceiveStock>) {
    const { sku } = message.data;
    return this.#stock.change(
      message,
      { products: [sku], receipts: [receiptId(message.data)], stock: shelvesOf(sku) },
      (state) => receiveStock(state, message.data),
    );
  }

  async allot(message: Message<typeof AllotStock>): Promise<void> {
    const { saleId, sku } = message.data;
    await this.#stock.change(message, { allotments: [saleId], products: [sku], stock: shelvesOf(sku) }, (state) =>
      allot(state, message.data),
    );
  }

  async returnAllotment(message: Message<typeof ReturnAllotment>): Promise<void> {
    const { saleId, sku } = message.data;
    await this.#stock.change(message, { allotments: [saleId], stock: shelvesOf(sku) }, (state) =>
      returnAllotment(state, message.data),
    );
  }

  /**
   * A sale's order reads its allotment and no product, since what is allotted has one; other orders read no
   * allotment.
   */
  async reserve(message: Message<typeof OrderPlaced>): Promise<void> {
    const { orderId, flashSaleId, lines } = message.data;
    const skus = skusOf(lines);
    const source = flashSaleId === undefined ? { products: skus } : { allotments: [flashSaleId] };
    await this.#stock.change(message, { ...source, reservations: [orderId], stock: skus.flatMap(shelvesOf) }, (state) =>
      reserve(state, message.data),
    );
  }

  /** Locks the shelves of the lines: the allocation in the message may be older than the reservation. */
  async release(message: Message<typeof OrderCancelled> | Message<typeof OrderRejected>): Promise<void> {
    const { orderId, flashSaleId, lines } = message.data;
    const source = flashSaleId === undefined ? {} : { allotments: [flashSaleId] };
    await this.#stock.change(
      message,
      { ...source, reservations: [orderId], stock: skusOf(lines).flatMap(shelvesOf) },
      (state) => release(state, message.data),
    );
  }

  async issue(message: Message<typeof ParcelDispatched>): Promise<void> {
    const { orderId, warehouse, lines } = message.data;
    await this.#stock.change(
      message,
      { reservations: [orderId], stock: lines.map(({ sku }) => shelf(sku, warehouse)) },
      (state) => issue(state, message.data),
    );
  }
}

const skusOf = (lines: readonly { sku: string }[]): string[] => [...new Set(lines.map(({ sku }) => sku))];
