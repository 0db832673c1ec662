import type { Pool } from 'pg';
import { NOBODY } from './password.js';
import { issueToken, type TokenIssuer } from './token.js';

/** A user whom only a development system has: nobody signed up, and no password opens the account. */
export interface DevUser {
  id: string;
  phone: string;
  name: string;
}

/** As many as the last twelve digits of an id are for, with room in the phone number. */
export const MAX_USERS = 1_000_000;
/** Accounts in one statement, and tokens that are signed at a time. */
const AT_A_TIME = 2_000;

/** The same number gives the same user, always. The phone numbers lie in a range (+1 999) that no country has given out. */
export const devUser = (number: number): DevUser => ({
  id: `00000000-0000-7000-8001-${String(number).padStart(12, '0')}`,
  phone: `+1999${String(number).padStart(9, '0')}`,
  name: `User ${number}`,
});

/**
 * Makes the users 1 to `count`, those that are missing, and gives their tokens, some at a time and in order.
 * Nobody is told of them: no password is hashed, no SMS is sent.
 */
export async function* devTokens(pool: Pool, issuer: TokenIssuer, count: number, now: Date): AsyncGenerator<string[]> {
  for (let first = 1; first <= count; first += AT_A_TIME) {
    const users = Array.from({ length: Math.min(AT_A_TIME, count - first + 1) }, (_, i) => devUser(first + i));
    await insert(pool, users, now);
    const tokenOf = async ({ id }: DevUser): Promise<string> =>
      (await issueToken({ id, role: 'customer', tokenEpoch: 0, verified: true }, issuer, now)).token;
    yield await Promise.all(users.map(tokenOf));
  }
}

async function insert(pool: Pool, users: DevUser[], now: Date): Promise<void> {
  await pool.query(
    `WITH numbers AS (
       INSERT INTO phones (phone, version) SELECT phone, 1 FROM unnest($1::text[]) AS users (phone) ON CONFLICT DO NOTHING
     )
     INSERT INTO accounts (phone, id, name, password_hash, role, verified_at, version)
     SELECT phone, id, name, $4, 'customer', $5, 1 FROM unnest($1::text[], $2::uuid[], $3::text[]) AS users (phone, id, name)
     ON CONFLICT DO NOTHING`,
    [users.map(({ phone }) => phone), users.map(({ id }) => id), users.map(({ name }) => name), NOBODY, now],
  );
}
