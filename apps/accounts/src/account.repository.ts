import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { accountTables, type AccountDecision, type AccountKeys, type AccountState } from './tables.js';

/** Changes accounts, their phone numbers and revocations, many in one commit. */
@Injectable()
export class AccountRepository {
  readonly #unit: UnitOfWork<typeof accountTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: accountTables });
  }

  change<R>(message: Message, keys: AccountKeys, decide: (state: AccountState, now: Date) => AccountDecision<R>) {
    return this.#unit.change(message, keys, decide);
  }
}
