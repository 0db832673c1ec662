import { Injectable } from '@nestjs/common';
import { databaseTime } from '@sluice/persistence';
import { Pool } from 'pg';
import type { AccountRead, HoldersRead } from './account-decision.js';
import type { ShownAccount } from './profile.js';

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

const SHOWN = `
  SELECT id, phone, name, verified_at AS "verifiedAt", email, language, channels
  FROM accounts WHERE id = $1 AND version > 0`;

/** The columns that are read of a user's own account. */
export interface OwnAccountRead {
  phone: string;
  passwordHash: string;
  /** The token that made the last change of the password. */
  keptToken: string | null;
}

interface HoldersRow {
  version: number | null;
  accounts: (AccountRead & { createdAt: string })[] | null;
  now: Date;
}

/** Reads accounts, found by their number or their id, without their locks. */
@Injectable()
export class AccountQueries {
  constructor(private readonly pool: Pool) {}

  /** The accounts that have a number, oldest first, as of `now`. */
  async holdersOf(phone: string): Promise<HoldersRead & { now: Date }> {
    const { rows } = await this.pool.query<HoldersRow>(HOLDERS, [phone]);
    const { version, accounts, now } = rows[0]!;
    const found = (accounts ?? []).map((account) => ({ ...account, createdAt: new Date(account.createdAt) }));
    return { phone, version: version ?? 0, accounts: found, now };
  }

  /** Returns undefined if there is no such account, or another account has its number now. */
  async ownOf(userId: string): Promise<OwnAccountRead | undefined> {
    const { rows } = await this.pool.query<OwnAccountRead>(OWN, [userId]);
    return rows[0];
  }

  /** What a person sees of their account. */
  async shownOf(userId: string): Promise<ShownAccount | undefined> {
    const { rows } = await this.pool.query<ShownAccount>(SHOWN, [userId]);
    return rows[0];
  }

  /** The clock of the database, which the rules use too. */
  now(): Promise<Date> {
    return databaseTime(this.pool);
  }
}
