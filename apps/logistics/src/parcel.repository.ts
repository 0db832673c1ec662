import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { ChangeOptions, UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { parcelTables, type ParcelDecision, type ParcelKeys, type ParcelState } from './tables.js';

/** Changes parcels, many in one commit. */
@Injectable()
export class ParcelRepository {
  readonly #unit: UnitOfWork<typeof parcelTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: parcelTables });
  }

  change<R>(
    message: Message,
    keys: ParcelKeys,
    decide: (state: ParcelState, now: Date) => ParcelDecision<R>,
    options?: ChangeOptions,
  ) {
    return this.#unit.change(message, keys, decide, options);
  }
}
