import {
  AccountRegistered,
  AccountVerified,
  type Channel,
  CodeIssued,
  type Language,
  type Outgoing,
  type Problem,
  type Role,
  type User,
} from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';
import {
  type Code,
  type CodeCount,
  type CodeLimits,
  codeMatches,
  countCode,
  freshCode,
  mayResend,
  NO_CODE,
  noCodes,
} from './code.js';
import { revokedFact, revokeUser, type RevocationRow } from './revocation.js';

export interface Account extends Code, CodeCount {
  id: string;
  /** Null: another account has verified the number, or has taken it over from this one, which never verified it. */
  phone: string | null;
  name: string;
  passwordHash: string;
  role: Role;
  createdAt: Date;
  verifiedAt: Date | null;
  /** Tokens of an earlier epoch are void. */
  tokenEpoch: number;
  /** Address for notices; null: none. */
  email: string | null;
  language: Language;
  /** Where notices are sent beside the inbox; null: nothing was chosen, so everywhere. */
  channels: readonly Channel[] | null;
  version: number;
}

/** Those of a new account. */
export const noPreferences: Pick<Account, 'email' | 'language' | 'channels'> = {
  email: null,
  language: 'en',
  channels: null,
};

/** A phone number, locked by each change of the accounts that have it. */
export interface PhoneNumber extends CodeCount {
  phone: string;
  /** Changes with the list of accounts that have the number. */
  version: number;
}

/** A number and its accounts, oldest first: one that has verified it, or some that have not yet. */
export interface Holders {
  phone: string;
  number: PhoneNumber | undefined;
  accounts: readonly Account[];
  /** The account of the request, whether it has the number or not. */
  own: Account | undefined;
}

/** Rows to store and messages to send after a decision. */
export interface Change<R = never> {
  number?: PhoneNumber;
  accounts?: readonly Account[];
  revocations?: readonly RevocationRow[];
  messages?: readonly Outgoing[];
  reply?: R;
  /** A refusal that is stored. */
  problem?: Problem;
}

export interface AccountLimits extends CodeLimits {
  /** Time for which a number stays with an account that has not verified it. */
  holdMs: number;
  /** Time after which such an account loses its number when another user signs up with it. */
  unverifiedMs: number;
  /** How long a revocation of all tokens of a user must be kept. */
  tokensMs: number;
}

/** Guesses per code, which is one of a million. */
const MAX_TRIES = 5;
/** Accounts that have a number without having verified it. Each adds a password hash to a sign-in with that number. */
const MAX_UNVERIFIED = 3;

export interface SignUpRequest {
  userId: string;
  phone: string;
  name: string;
  role: Role;
  passwordHash: string;
  /** Six digits, for the SMS. */
  code: string;
}

/** @throws ProblemError 409 the number is another user's; 429 too many codes were sent to it */
export function signUp(holders: Holders, request: SignUpRequest, limits: AccountLimits, now: Date): Change<User> {
  const { phone, number, accounts, own } = holders;
  if (own || isTaken(accounts, limits, now)) throw taken();
  const { userId, name, code } = request;
  const { staying, leaving } = freeNumber(accounts, limits, now);
  const counted = countCode(number ?? { ...noCodes(now), phone, version: 0 }, limits.codesPerNumber, now);
  const account = newAccount(request, now);
  return {
    number: { ...counted, version: counted.version + 1 },
    accounts: [...staying, account, ...leaving.map(withoutNumber)],
    ...revoked(leaving, limits, now, [AccountRegistered({ userId, phone, name, code, version: 1 })]),
    reply: viewOf(account, phone),
  };
}

type Age = Pick<Account, 'verifiedAt' | 'createdAt'>;

/** Whether an account has verified the number, or is so young that it still may. */
export const isTaken = (accounts: readonly Age[], { holdMs }: AccountLimits, now: Date): boolean =>
  accounts.some(({ verifiedAt, createdAt }) => verifiedAt !== null || isWithin(createdAt, holdMs, now));

export const viewOf = ({ id, name }: Pick<Account, 'id' | 'name'>, phone: string): User => ({ id, phone, name });

type Named = Pick<Account, 'id' | 'name' | 'createdAt'>;

/** The accounts created recently under this name: the request is a repeat if its password is that of one of them. */
export function mayBeRepeat<A extends Named>(
  accounts: readonly A[],
  { userId, name }: Pick<SignUpRequest, 'userId' | 'name'>,
  repeatMs: number,
  now: Date,
): A[] {
  const justMade = ({ id, createdAt }: Named): boolean => id === userId || isWithin(createdAt, repeatMs, now);
  return accounts.filter((account) => account.name === name && justMade(account));
}

/**
 * Verifies the phone of an account by its code: other accounts with the number lose it. A second verification changes
 * nothing. A wrong guess must be counted, so its problem is part of the decision and not thrown.
 * @throws ProblemError 404 no such account; 429 too many guesses at the code
 */
export function verifyPhone(holders: Holders, userId: string, code: string, limits: AccountLimits, now: Date): Change {
  const { number, accounts } = holders;
  const account = accounts.find(({ id }) => id === userId);
  if (!account || !number) throw noSuchAccount();
  if (account.verifiedAt) return {};
  if (account.codeTries >= MAX_TRIES) throw ProblemError.of(429, 'Too many tries', 'This code can no longer be used.');
  if (!codeMatches(account, code, now)) return { accounts: [countTry(account)], problem: WRONG_CODE };
  return verified(holders, userId, limits, now);
}

/** Gives the number to this account, and takes it from the others, which have not verified it. */
export function verified(holders: Holders, userId: string, limits: AccountLimits, now: Date): Change {
  const { number, accounts } = holders;
  const account = accounts.find(({ id }) => id === userId);
  if (!account || !number || account.verifiedAt) return {};
  const others = accounts.filter(({ id }) => id !== userId);
  const version = account.version + 1;
  return {
    number: { ...number, version: number.version + 1 },
    accounts: [{ ...account, ...NO_CODE, verifiedAt: now, version }, ...others.map(withoutNumber)],
    ...revoked(others, limits, now, [AccountVerified({ userId, phone: number.phone, version })]),
  };
}

const countTry = (account: Account): Account => ({
  ...account,
  codeTries: account.codeTries + 1,
  version: account.version + 1,
});

const WRONG_CODE = ProblemError.of(422, 'Wrong code', 'The code is wrong or outdated.').problem;

/** @throws ProblemError 404 no such account; 429 too soon, or too many for the account or the number */
export function resendCode(holders: Holders, userId: string, code: string, limits: AccountLimits, now: Date): Change {
  const { number, accounts } = holders;
  const account = accounts.find(({ id }) => id === userId);
  if (!account || !number) throw noSuchAccount();
  if (account.verifiedAt) return {};
  mayResend(account, limits, now);
  const counted = countCode(account, limits.codesPerAccount, now);
  const version = account.version + 1;
  return {
    number: countCode(number, limits.codesPerNumber, now),
    accounts: [{ ...counted, ...freshCode(userId, code, now), codeResentAt: now, version }],
    messages: [CodeIssued({ userId, phone: number.phone, code, version })],
  };
}

export const noSuchAccount = (): ProblemError => ProblemError.of(404, 'No such account');
export const wrongPassword = (): ProblemError => ProblemError.of(403, 'Forbidden', 'The current password is wrong.');
export const taken = (): ProblemError =>
  ProblemError.of(409, 'Phone number taken', 'An account with this phone number exists.');

function newAccount({ userId: id, phone, name, passwordHash, role, code }: SignUpRequest, now: Date): Account {
  const counted = countCode(noCodes(now), Infinity, now);
  const person = { id, phone, name, passwordHash, role, createdAt: now, verifiedAt: null };
  const rest = { codeResentAt: null, tokenEpoch: 0, ...noPreferences, version: 1 };
  return { ...person, ...counted, ...freshCode(id, code, now), ...rest };
}

type Moves = Record<'staying' | 'leaving', Account[]>;

/** Frees a place at the number: accounts leave that have not verified it for too long, then the oldest. */
function freeNumber(accounts: readonly Account[], { unverifiedMs }: AccountLimits, now: Date): Moves {
  const young = accounts.filter(({ createdAt }) => isWithin(createdAt, unverifiedMs, now));
  const staying = young.slice(-(MAX_UNVERIFIED - 1));
  return { staying, leaving: accounts.filter((account) => !staying.includes(account)) };
}

const withoutNumber = (account: Account): Account => ({
  ...account,
  ...NO_CODE,
  phone: null,
  tokenEpoch: account.tokenEpoch + 1,
  version: account.version + 1,
});

/** Revokes the tokens of accounts that have lost their number; they can sign in no more. */
function revoked(
  accounts: readonly Account[],
  { tokensMs }: AccountLimits,
  now: Date,
  messages: Outgoing[],
): Pick<Change, 'revocations' | 'messages'> {
  const revoke = ({ id: userId, tokenEpoch }: Account): RevocationRow =>
    revokeUser(undefined, { userId, minEpoch: tokenEpoch + 1, tokensMs }, now);
  const rows = accounts.map(revoke);
  return { revocations: rows, messages: [...messages, ...rows.map(revokedFact)] };
}

const isWithin = (since: Date, ms: number, now: Date): boolean => now.getTime() - since.getTime() < ms;
