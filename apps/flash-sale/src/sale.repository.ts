import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { tables, type Decision, type Keys, type State } from './tables.js';

/** Stores sales and the claims on their pieces, many changes in one commit. */
@Injectable()
export class SaleRepository {
  readonly #unit: UnitOfWork<typeof tables>;
  /** Emits `commit` after each commit by this process. */
  readonly events = new EventEmitter<{ commit: [] }>();

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables, onBatch: () => this.events.emit('commit') });
  }

  change<R>(message: Message, keys: Keys, decide: (state: State, now: Date) => Decision<R>) {
    return this.#unit.change(message, keys, decide);
  }
}
