import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { Decide, Keys, UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { tables } from './tables.js';

/** Stores recipients, their texts and the outcomes of deliveries, many changes in one commit. */
@Injectable()
export class NotificationRepository {
  readonly #unit: UnitOfWork<typeof tables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables });
  }

  change<R>(message: Message, keys: Keys<typeof tables>, decide: Decide<R, typeof tables>) {
    return this.#unit.change(message, keys, decide);
  }
}
