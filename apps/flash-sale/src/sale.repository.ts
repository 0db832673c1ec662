import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { tables, type Decision, type Keys, type State } from './tables.js';

/** Stores sales and the claims on their pieces, many changes in one commit. */
@Injectable()
export class SaleRepository {
  readonly #unit: UnitOfWork<typeof tables>;
  #changed = (): void => {};

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables });
  }

  /** Calls the listener after each change by this process. */
  onChange(listener: () => void): void {
    this.#changed = listener;
  }

  async change<R>(message: Message, keys: Keys, decide: (state: State, now: Date) => Decision<R>) {
    const result = await this.#unit.change(message, keys, decide);
    this.#changed();
    return result;
  }
}
