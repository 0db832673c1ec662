import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { ChangeOptions, UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { orderTables, type OrderDecision, type OrderKeys, type OrderState } from './tables.js';

/** Changes orders, many in one commit. */
@Injectable()
export class OrderRepository {
  readonly #unit: UnitOfWork<typeof orderTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: orderTables });
  }

  change<R>(
    message: Message,
    keys: OrderKeys,
    decide: (state: OrderState, now: Date) => OrderDecision<R>,
    options?: ChangeOptions,
  ) {
    return this.#unit.change(message, keys, decide, options);
  }
}
