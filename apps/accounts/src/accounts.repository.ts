import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import { databaseTime, type UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { Pool } from 'pg';
import type { Account, Change, Holders } from './account.js';
import type { Own } from './own-account.js';
import { tables } from './tables.js';

/** The accounts of a number may change between reading and locking; each change needs one more try. */
const MAX_TRIES = 20;

const HOLDERS = `
  SELECT (SELECT version FROM phones WHERE phone = $1) AS version,
    (SELECT json_agg(json_build_object(
        'id', id, 'role', role, 'name', name, 'passwordHash', password_hash,
        'createdAt', created_at, 'verifiedAt', verified_at, 'tokenEpoch', token_epoch
      ) ORDER BY created_at, id) FROM accounts WHERE phone = $1 AND version > 0) AS accounts,
    now() AS now`;

const OWN = `
  SELECT phone, password_hash AS "passwordHash", keep AS "keptToken"
  FROM accounts LEFT JOIN revocations USING (id)
  WHERE id = $1 AND accounts.version > 0 AND phone IS NOT NULL`;

/** The columns that are read of a user's own account. */
export interface OwnAccountRead {
  phone: string;
  passwordHash: string;
  /** The token that made the last change of the password. */
  keptToken: string | null;
}

/** An account read without its lock. */
export type AccountRead = Pick<
  Account,
  'id' | 'role' | 'name' | 'passwordHash' | 'createdAt' | 'verifiedAt' | 'tokenEpoch'
>;

interface HoldersRow {
  version: number | null;
  accounts: (AccountRead & { createdAt: string })[] | null;
  now: Date;
}

type DecideNumber<R> = (holders: Holders, now: Date) => Change<R>;
type DecideOwn<R> = (own: Own, now: Date) => Change<R>;

/** Thrown when the accounts of a number changed between reading and locking. */
class Stale extends Error {}

/** Stores accounts, found by their number or their id, and revocations. */
@Injectable()
export class AccountsRepository {
  readonly #unit: UnitOfWork<typeof tables>;

  constructor(
    units: UnitsOfWork,
    private readonly pool: Pool,
  ) {
    this.#unit = units.over({ tables });
  }

  /**
   * Changes the accounts of a number under the lock of the number's row.
   * @param userId an account that may not exist yet
   */
  async changeNumber<R>(
    message: Message,
    phone: string,
    userId: string,
    decide: DecideNumber<R>,
    tries = 1,
  ): Promise<R | undefined> {
    const { version, accounts } = await this.holdersOf(phone);
    const ids = accounts.map(({ id }) => id);
    const users = [...new Set([...ids, userId])];
    const keys = { phones: [phone], accounts: users, revocations: users };
    try {
      return (await this.#unit.change<R>(message, keys, (state, now) => {
        const number = state.phones[phone];
        if ((number?.version ?? 0) !== version) throw new Stale('the accounts of a number have changed');
        const holders = ids.map((id) => state.accounts[id]!);
        return decisionOf(decide({ phone, number, accounts: holders, own: state.accounts[userId] }, now));
      })) as R | undefined;
    } catch (error) {
      if (!(error instanceof Stale) || tries >= MAX_TRIES) throw error;
      return this.changeNumber(message, phone, userId, decide, tries + 1);
    }
  }

  /** @param revoked id of the revocation's row: the user's id, or that of one token */
  async changeOwn<R>(message: Message, userId: string, revoked: string, decide: DecideOwn<R>): Promise<R | undefined> {
    const keys = { accounts: [userId], revocations: [revoked] };
    return (await this.#unit.change<R>(message, keys, (state, now) =>
      decisionOf(decide({ account: state.accounts[userId], revocation: state.revocations[revoked] }, now)),
    )) as R | undefined;
  }

  /** The accounts that have a number, oldest first, as of `now`. */
  async holdersOf(phone: string): Promise<{ version: number; accounts: AccountRead[]; now: Date }> {
    const { rows } = await this.pool.query<HoldersRow>(HOLDERS, [phone]);
    const { version, accounts, now } = rows[0]!;
    const found = (accounts ?? []).map((account) => ({ ...account, createdAt: new Date(account.createdAt) }));
    return { version: version ?? 0, accounts: found, now };
  }

  /** The clock of the database, which the rules use too. */
  now(): Promise<Date> {
    return databaseTime(this.pool);
  }

  /** Returns undefined if there is no such account, or another account has its number now. */
  async ownOf(userId: string): Promise<OwnAccountRead | undefined> {
    const { rows } = await this.pool.query<OwnAccountRead>(OWN, [userId]);
    return rows[0];
  }
}

const byId = <Row extends { id: string }>(rows: readonly Row[]): Record<string, Row> =>
  Object.fromEntries(rows.map((row) => [row.id, row]));

function decisionOf<R>({ number, accounts = [], revocations = [], messages, reply, problem }: Change<R>) {
  const phones = number && { phones: { [number.phone]: number } };
  return {
    state: { ...phones, accounts: byId(accounts), revocations: byId(revocations) },
    ...(messages && { messages }),
    ...(reply !== undefined && { reply }),
    ...(problem && { problem }),
  };
}
