import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { productTables, type ProductDecision, type ProductKeys, type ProductState } from './tables.js';

/**
 * Copies of inventory's products, for lines that were not shown, so that an order of a stored product need not wait
 * for inventory.
 */
@Injectable()
export class ProductCopyRepository {
  readonly #unit: UnitOfWork<typeof productTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: productTables });
  }

  change<R>(message: Message, keys: ProductKeys, decide: (state: ProductState, now: Date) => ProductDecision<R>) {
    return this.#unit.change(message, keys, decide);
  }
}
