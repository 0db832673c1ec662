import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { ChangeOptions, UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { stockTables, type StockDecision, type StockKeys, type StockState } from './tables.js';

/** Changes stock, and what holds it: reservations, allotments, receipts; many in one commit. */
@Injectable()
export class StockRepository {
  readonly #unit: UnitOfWork<typeof stockTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: stockTables });
  }

  change<R>(
    message: Message,
    keys: StockKeys,
    decide: (state: StockState, now: Date) => StockDecision<R>,
    options?: ChangeOptions,
  ) {
    return this.#unit.change(message, keys, decide, options);
  }
}
