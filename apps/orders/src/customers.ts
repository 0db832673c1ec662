import { Injectable } from '@nestjs/common';
import type { AccountVerified, Message } from '@sluice/contracts';
import type { UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { customerTables } from './tables.js';
import { verified } from './unpaid-limit.js';

/** Keeps which accounts have a verified phone, from the facts of accounts. */
@Injectable()
export class Customers {
  readonly #unit: UnitOfWork<typeof customerTables>;

  constructor(units: UnitsOfWork) {
    this.#unit = units.over({ tables: customerTables });
  }

  async verified(message: Message<typeof AccountVerified>): Promise<void> {
    const { userId } = message.data;
    await this.#unit.change(message, { customers: [userId] }, ({ customers }, now) => ({
      state: { customers: { [userId]: verified(customers[userId], userId, now) } },
    }));
  }
}
