import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { tables, type Decision, type Keys, type State } from './tables.js';

/** Changes payables, their captures, and the failed cards of their users, many in one commit. */
@Injectable()
export class PayableRepository {
  readonly #unit: UnitOfWork<typeof tables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables });
  }

  change<R>(message: Message, keys: Keys, decide: (state: State, now: Date) => Decision<R>) {
    return this.#unit.change(message, keys, decide);
  }
}
