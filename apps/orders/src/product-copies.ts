import { Injectable } from '@nestjs/common';
import type { Message, ProductChanged } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { productTables } from './tables.js';

/**
 * Copies of inventory's products, for lines that were not shown, so that an order of a stored product need not wait
 * for inventory.
 */
@Injectable()
export class ProductCopies {
  readonly #unit: UnitOfWork<typeof productTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: productTables });
  }

  /** Facts overtake each other: an older version never replaces a newer one. */
  async change(message: Message<typeof ProductChanged>): Promise<void> {
    const { sku, name, price, version } = message.data;
    await this.#unit.change(message, { products: [sku] }, ({ products }) => {
      const current = products[sku]?.version ?? 0;
      return current >= version ? {} : { state: { products: { [sku]: { sku, name, ...price, version } } } };
    });
  }
}
