import type { Pool } from 'pg';
import { UNMATCHABLE_HASH } from '../password.js';
import { issueToken, type TokenIssuer } from '../token.js';

/** A user of a development system: no one signed up, and no password opens the account. */
export interface DevUser {
  id: string;
  phone: string;
  name: string;
}

/** Limit of ids, by their last twelve digits, and of phone numbers. */
export const MAX_USERS = 1_000_000;
/** Accounts per statement, and tokens signed at a time. */
const BATCH_SIZE = 2_000;

/** The user of a number, always the same. The phone numbers are in a range (+1 999) that no country has assigned. */
export const devUser = (number: number): DevUser => ({
  id: `00000000-0000-7000-8001-${String(number).padStart(12, '0')}`,
  phone: `+1999${String(number).padStart(9, '0')}`,
  name: `User ${number}`,
});

/**
 * Creates the missing users of 1 to `count`, and yields their tokens, in batches and in order. Nothing is published:
 * no password is hashed, no SMS is sent.
 */
export async function* devTokens(pool: Pool, issuer: TokenIssuer, count: number, now: Date): AsyncGenerator<string[]> {
  for (let first = 1; first <= count; first += BATCH_SIZE) {
    const users = Array.from({ length: Math.min(BATCH_SIZE, count - first + 1) }, (_, i) => devUser(first + i));
    await insert(pool, users, now);
    const tokenOf = async ({ id }: DevUser): Promise<string> =>
      (await issueToken({ id, role: 'customer', tokenEpoch: 0, verified: true }, issuer, now)).token;
    yield await Promise.all(users.map(tokenOf));
  }
}

async function insert(pool: Pool, users: DevUser[], now: Date): Promise<void> {
  await pool.query(
    `WITH numbers AS (

       INSERT INTO phones (phone, version)
       SELECT phone, 1 FROM unnest($1::text[]) AS users (phone) ON CONFLICT DO NOTHING
     )
     INSERT INTO accounts (phone, id, name, password_hash, role, verified_at, version)

     SELECT phone, id, name, $4, 'customer', $5, 1
     FROM unnest($1::text[], $2::uuid[], $3::text[]) AS users (phone, id, name)
     ON CONFLICT DO NOTHING`,
    [users.map(({ phone }) => phone), users.map(({ id }) => id), users.map(({ name }) => name), UNMATCHABLE_HASH, now],
  );
}
