import { createHash, timingSafeEqual } from 'node:crypto';
import { AccountRegistered, AccountVerified, type Outgoing, type Role, type User } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';

export interface Account {
  phone: string;
  id: string;
  name: string;
  passwordHash: string;
  role: Role;
  verifiedAt: Date | null;
  codeHash: string | null;
  codeExpiresAt: Date | null;
  codeTries: number;
  version: number;
}

/** What a decision wants stored and sent. */
export interface Change<R> {
  account?: Account;
  messages?: Outgoing[];
  reply?: R;
}

/** A code is good for ten minutes. */
const CODE_TTL_MS = 10 * 60_000;
/** Five guesses at one of a million codes. */
const MAX_TRIES = 5;

export interface SignUpRequest {
  userId: string;
  phone: string;
  name: string;
  role: Role;
  passwordHash: string;
  /** Six digits, for the SMS. */
  code: string;
}

/** @throws ProblemError 409 when the phone number is another user's */
export function signUp(existing: Account | undefined, { userId, phone, name, role, passwordHash, code }: SignUpRequest, now: Date): Change<User> {
  if (existing && existing.id !== userId) throw ProblemError.of(409, 'Phone number taken', 'An account with this phone number exists.');
  if (existing) return { reply: { id: userId, phone, name: existing.name } };
  const account: Account = {
    phone,
    id: userId,
    name,
    passwordHash,
    role,
    verifiedAt: null,
    codeHash: hashCode(userId, code),
    codeExpiresAt: new Date(now.getTime() + CODE_TTL_MS),
    codeTries: 0,
    version: 1,
  };
  return { account, messages: [AccountRegistered({ userId, phone, name, code, version: 1 })], reply: { id: userId, phone, name } };
}

/**
 * The owner proves that the phone is theirs; verifying a verified phone is harmless.
 * A wrong guess must be counted, so its problem is the reply and not thrown.
 * @throws ProblemError 404 nobody's account, 429 the code was guessed at too often
 */
export function verifyPhone(account: Account | undefined, code: string, now: Date): Change<ProblemError> {
  if (!account) throw noSuchAccount();
  if (account.verifiedAt) return {};
  if (account.codeTries >= MAX_TRIES) throw ProblemError.of(429, 'Too many tries', 'This code can no longer be used.');
  if (codeMatches(account, code, now)) return verified(account, now);
  const counted = { ...account, codeTries: account.codeTries + 1, version: account.version + 1 };
  return { account: counted, reply: ProblemError.of(422, 'Wrong code', 'The code is wrong or outdated.') };
}

export const noSuchAccount = (): ProblemError => ProblemError.of(404, 'No such account');

function verified(account: Account, now: Date): Change<ProblemError> {
  const version = account.version + 1;
  return {
    account: { ...account, verifiedAt: now, codeHash: null, codeExpiresAt: null, version },
    messages: [AccountVerified({ userId: account.id, phone: account.phone, version })],
  };
}

const codeMatches = ({ id, codeHash, codeExpiresAt }: Account, code: string, now: Date): boolean =>
  codeHash !== null && codeExpiresAt !== null && now < codeExpiresAt && timingSafeEqual(Buffer.from(hashCode(id, code)), Buffer.from(codeHash));

/** Keeps codes out of plain sight in the database; ten minutes and five guesses are what protects them. */
const hashCode = (userId: string, code: string): string => createHash('sha256').update(`${userId}\n${code}`).digest('hex');
