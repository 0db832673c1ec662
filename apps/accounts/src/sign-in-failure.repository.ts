import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { failureTables, type FailureDecision, type FailureKeys, type FailureState } from './tables.js';

/** Failed sign-ins, counted by all accounts processes together. */
@Injectable()
export class SignInFailureRepository {
  readonly #unit: UnitOfWork<typeof failureTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: failureTables });
  }

  change<R>(message: Message, keys: FailureKeys, decide: (state: FailureState, now: Date) => FailureDecision<R>) {
    return this.#unit.change(message, keys, decide);
  }
}
