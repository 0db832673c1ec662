import { Injectable } from '@nestjs/common';
import type { Message } from '@sluice/contracts';
import { databaseTime, type UnitOfWork } from '@sluice/persistence';
import { UnitsOfWork } from '@sluice/service-kit';
import { Pool } from 'pg';
import type { Account, Change, Holders } from './account.js';
import type { Own } from './own-account.js';
import { tables } from './tables.js';

/** A change may come between the reading of a number's accounts and their locking: each try more takes another one. */
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

/** What is read of somebody's own account. */
export interface OwnAccountRead {
  phone: string;
  passwordHash: string;
  /** The token that the password was changed with last. */
  keptToken: string | null;
}

/** An account as it is read without its lock. */
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

/** The accounts that have a number changed between being read and being locked. */
class Stale extends Error {}

/** Accounts, by the number that they have or by their id, and what is revoked of them. */
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
   * Whoever changes which accounts have a number holds the row of the number.
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

  /** @param revoked the row of what is revoked: the user's own, or that of one token */
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
    const known = (accounts ?? []).map((account) => ({ ...account, createdAt: new Date(account.createdAt) }));
    return { version: version ?? 0, accounts: known, now };
  }

  /** By the clock of the database, as rules have it. */
  now(): Promise<Date> {
    return databaseTime(this.pool);
  }

  /** Undefined: there is no such account, or its number is another's by now. */
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
