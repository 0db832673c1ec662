import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { customerTables, type CustomerDecision, type CustomerKeys, type CustomerState } from './tables.js';

/** Keeps which accounts have a verified phone, from the facts of accounts. */
@Injectable()
export class CustomerRepository {
  readonly #unit: UnitOfWork<typeof customerTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: customerTables });
  }

  change<R>(message: Message, keys: CustomerKeys, decide: (state: CustomerState, now: Date) => CustomerDecision<R>) {
    return this.#unit.change(message, keys, decide);
  }
}
