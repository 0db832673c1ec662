import { Injectable } from '@nestjs/common';
import type { Message, ProductChanged } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { productTables } from './tables.js';

/** What orders keeps of inventory's products, for what was not shown: no order of a known product waits for inventory. */
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
      const known = products[sku]?.version ?? 0;
      return known >= version ? {} : { state: { products: { [sku]: { sku, name, ...price, version } } } };
    });
  }
}
