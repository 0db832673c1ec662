import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { Decide, Keys, UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { tables } from './tables.js';

/** Stores sales and the claims on their pieces, many changes in one commit. */
@Injectable()
export class SaleRepository {
  readonly #unit: UnitOfWork<typeof tables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables });
  }

  change<R>(message: Message, keys: Keys<typeof tables>, decide: Decide<R, typeof tables>) {
    return this.#unit.change(message, keys, decide);
  }
}
