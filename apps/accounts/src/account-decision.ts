import type { Account, Change, Holders } from './account.js';
import type { Own } from './own-account.js';
import type { AccountDecision, AccountKeys, AccountState } from './tables.js';

/** An account read without its lock. */
export type AccountRead = Pick<
  Account,
  'id' | 'role' | 'name' | 'passwordHash' | 'createdAt' | 'verifiedAt' | 'tokenEpoch'
>;

/** The accounts of a number, oldest first, read without its lock; `version` is that of the number, 0 without a row. */
export interface HoldersRead {
  phone: string;
  version: number;
  accounts: readonly AccountRead[];
}

/** Thrown when the accounts of a number have changed between reading and locking. */
export class StaleHoldersError extends Error {
  override readonly name = 'StaleHoldersError';
}

/** @param userId an account that may not exist yet */
export function numberKeys({ phone, accounts }: HoldersRead, userId: string): AccountKeys {
  const users = [...new Set([...accounts.map(({ id }) => id), userId])];
  return { phones: [phone], accounts: users, revocations: users };
}

/**
 * The decision of a rule about the accounts of a number, under the lock of the number's row.
 * @throws StaleHoldersError the number has other accounts than those whose rows are locked
 */
export const onNumber =
  <R>(read: HoldersRead, userId: string, rule: (holders: Holders, now: Date) => Change<R>) =>
  (state: AccountState, now: Date): AccountDecision<R> => {
    const { phone, version } = read;
    const number = state.phones[phone];
    if ((number?.version ?? 0) !== version) throw new StaleHoldersError('the accounts of a number have changed');
    const accounts = read.accounts.map(({ id }) => state.accounts[id]!);
    return decisionOf(rule({ phone, number, accounts, own: state.accounts[userId] }, now));
  };

/** A user's account, and the revocation's row: its id is the user's, or that of one token. */
export interface OwnKeys {
  userId: string;
  revoked: string;
}

export const ownKeys = ({ userId, revoked }: OwnKeys): AccountKeys => ({
  accounts: [userId],
  revocations: [revoked],
});

/** The decision of a rule about a user's own account. */
export const onOwn =
  <R>({ userId, revoked }: OwnKeys, rule: (own: Own, now: Date) => Change<R>) =>
  (state: AccountState, now: Date): AccountDecision<R> =>
    decisionOf(rule({ account: state.accounts[userId], revocation: state.revocations[revoked] }, now));

function decisionOf<R>(change: Change<R>): AccountDecision<R> {
  const { number, accounts = [], revocations = [], messages, reply, problem } = change;
  const phones = number && { phones: { [number.phone]: number } };
  return {
    state: { ...phones, accounts: byId(accounts), revocations: byId(revocations) },
    ...(messages && { messages }),
    ...(reply !== undefined && { reply }),
    ...(problem && { problem }),
  };
}

const byId = <Row extends { id: string }>(rows: readonly Row[]): Record<string, Row> =>
  Object.fromEntries(rows.map((row) => [row.id, row]));
