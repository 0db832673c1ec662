import { BEFORE_ALL, Reannouncement, selected } from '@sluice/service-kit';
import type { Pool } from 'pg';
import { onOwn, ownKeys } from './account-decision.js';
import type { AccountRepository } from './account.repository.js';
import { announceAccount } from './profile.js';

/** A change of preferences leaves no time: all accounts that have any. */
const ACCOUNTS = `
  SELECT id::text FROM accounts WHERE id > $1::uuid AND version > 0 AND phone IS NOT NULL
    AND (verified_at >= $3::timestamptz OR email IS NOT NULL OR language <> 'en' OR channels IS NOT NULL)
  ORDER BY accounts.id LIMIT $2`;

/** Verified numbers and preferences. A code that was on its way is not sent again: the user requests another. */
export const accountReannouncement = (pool: Pool, accounts: AccountRepository): Reannouncement =>
  new Reannouncement({
    what: 'accounts',
    rows: selected(pool, ACCOUNTS, BEFORE_ALL),
    announce: (message, { id: userId }) => {
      const own = { userId, revoked: userId };
      return accounts.change(message, ownKeys(own), onOwn(own, announceAccount));
    },
  });
