import type { Message } from '@sluice/contracts';
import { UnitOfWork } from '@sluice/persistence';
import type { Pool } from 'pg';
import { numberKeys, onNumber } from '../account-decision.js';
import { signUp, verified, type AccountLimits, type Change, type Holders } from '../account.js';
import { newCode } from '../code.js';
import { UNMATCHABLE_HASH } from '../password.js';
import { accountTables } from '../tables.js';
import { issueToken, type TokenIssuer } from '../token.js';

/** A user of a development system: no one signed up, and no password opens the account. */
export interface DevUser {
  id: string;
  phone: string;
  name: string;
}

/** Limit of ids, by their last twelve digits, and of phone numbers. */
export const MAX_USERS = 1_000_000;
/** Users that are created, and tokens that are signed, at a time. */
const BATCH_SIZE = 2_000;

/** The user of a number, always the same. The phone numbers are in a range (+1 999) that no country has assigned. */
export const devUser = (number: number): DevUser => ({
  id: `00000000-0000-7000-8001-${String(number).padStart(12, '0')}`,
  phone: `+1999${String(number).padStart(9, '0')}`,
  name: `User ${number}`,
});

/** This program has no broker: the sweep of the service accounts publishes what is in the outbox. */
const LEFT_TO_THE_SERVICE = {
  forward: () => {},
  untilCapacity: async () => {},
  deleteConfirmed: () => ({ statements: [], end: () => {} }),
  unheard: { has: () => false },
};

/**
 * Creates the missing users of 1 to `count` as a sign-up and a verification do, with the same messages, and yields
 * the tokens of all of them, in batches and in order. Only no password is hashed.
 */
export async function* devTokens(
  pool: Pool,
  { issuer, limits }: { issuer: TokenIssuer; limits: AccountLimits },
  count: number,
  now: Date,
): AsyncGenerator<string[]> {
  const unit = new UnitOfWork({ pool, relay: LEFT_TO_THE_SERVICE, source: 'accounts', tables: accountTables });
  for (let first = 1; first <= count; first += BATCH_SIZE) {
    const users = Array.from({ length: Math.min(BATCH_SIZE, count - first + 1) }, (_, i) => devUser(first + i));
    const missing = await withoutAccount(pool, users);
    await Promise.all(missing.map((user) => create(unit, user, limits)));
    const tokenOf = async ({ id }: DevUser): Promise<string> =>
      (await issueToken({ id, role: 'customer', tokenEpoch: 0, verified: true }, issuer, now)).token;
    yield await Promise.all(users.map(tokenOf));
  }
}

async function withoutAccount(pool: Pool, users: DevUser[]): Promise<DevUser[]> {
  const ids = users.map(({ id }) => id);
  const { rows } = await pool.query<{ id: string }>('SELECT id FROM accounts WHERE id = ANY($1) AND version > 0', [
    ids,
  ]);
  const existing = new Set(rows.map(({ id }) => id));
  return users.filter(({ id }) => !existing.has(id));
}

/** @throws StaleHoldersError somebody else has signed up with the number */
function create(unit: UnitOfWork<typeof accountTables>, user: DevUser, limits: AccountLimits): Promise<unknown> {
  const nobody = { phone: user.phone, version: 0, accounts: [] };
  return unit.change(
    messageOf(user),
    numberKeys(nobody, user.id),
    onNumber(nobody, user.id, (holders, now) => verifiedAtOnce(holders, user, limits, now)),
  );
}

/** A sign-up and the verification after it, in one change. */
function verifiedAtOnce(holders: Holders, { id, phone, name }: DevUser, limits: AccountLimits, now: Date): Change {
  const request = {
    userId: id,
    phone,
    name,
    role: 'customer',
    passwordHash: UNMATCHABLE_HASH,
    code: newCode(),
  } as const;
  const { number, accounts = [], messages = [] } = signUp(holders, request, limits, now);
  const change = verified({ ...holders, number, accounts }, id, limits, now);
  return { ...change, messages: [...messages, ...(change.messages ?? [])] };
}

/** The message id is the account's id: the inbox creates a user once, even when two programs run together. */
const messageOf = ({ id }: DevUser): Message => ({
  id,
  type: 'accounts.dev-user',
  version: 1,
  correlationId: 'dev-users',
  time: new Date().toISOString(),
  data: undefined,
});
