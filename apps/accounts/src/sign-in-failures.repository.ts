import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import { collection, newId } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { ANY_PHONE, countTry, noFailures, takeBack, undo, type Counted, type Failures } from './sign-in-failures.js';

const failures = collection<Failures>({
  table: 'sign_in_failures',
  key: ['phone', 'client'],
  columns: ['phone', 'client', 'failures', 'since', 'lastAt', 'version'],
});

/** Failed sign-ins, counted by all accounts processes together. */
@Injectable()
export class SignInFailures {
  private readonly unit;

  constructor(units: UnitsOfWork) {
    this.unit = units.over({ tables: { failures } });
  }

  /** @throws ProblemError 429 */
  async countTry(message: Message, phone: string, client: string): Promise<void> {
    await this.#change(message, phone, client, countTry);
  }

  /** A second change of the same message, so it has a message id of its own. */
  async takeBack(message: Message, phone: string, client: string): Promise<void> {
    await this.#change({ ...message, id: newId() }, phone, client, takeBack);
  }

  /** Like `takeBack`, when the password was not compared. */
  async undo(message: Message, phone: string, client: string): Promise<void> {
    await this.#change({ ...message, id: newId() }, phone, client, undo);
  }

  #change(message: Message, phone: string, client: string, decide: (counted: Counted, now: Date) => Counted) {
    const [pairKey, addressKey] = [`${phone}/${client}`, `${ANY_PHONE}/${client}`];
    return this.unit.change(message, { failures: [pairKey, addressKey] }, (state, now) => {
      const before = {
        pair: state.failures[pairKey] ?? noFailures(phone, client, now),
        address: state.failures[addressKey] ?? noFailures(ANY_PHONE, client, now),
      };
      const { pair, address } = decide(before, now);
      return { state: { failures: { [pairKey]: pair, [addressKey]: address } } };
    });
  }
}
