import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { ChangeOptions, UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { tables, type Decision, type Keys, type State } from './tables.js';

/** Stores recipients, their texts and watches, and the outcomes of deliveries, many changes in one commit. */
@Injectable()
export class NotificationRepository {
  readonly #unit: UnitOfWork<typeof tables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables });
  }

  change<R>(message: Message, keys: Keys, decide: (state: State, now: Date) => Decision<R>, options?: ChangeOptions) {
    return this.#unit.change(message, keys, decide, options);
  }
}
