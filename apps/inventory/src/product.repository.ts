import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { productTables, type ProductDecision, type ProductKeys, type ProductState } from './tables.js';

/** Changes products, many in one commit. */
@Injectable()
export class ProductRepository {
  readonly #unit: UnitOfWork<typeof productTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: productTables });
  }

  change<R>(message: Message, keys: ProductKeys, decide: (state: ProductState, now: Date) => ProductDecision<R>) {
    return this.#unit.change(message, keys, decide);
  }
}
