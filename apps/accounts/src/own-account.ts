import type { Revocation, Role } from '@sluice/contracts';
import { noSuchAccount, type Account, type Change } from './account.js';
import { revocationOf, revokedFact, revokeToken, revokeUser, type RevocationRow } from './revocation.js';

/** An account and what is revoked of its user so far. */
export interface Own {
  account: Account | undefined;
  revocation: RevocationRow | undefined;
}

interface NewEpoch {
  /** The token that stays good. */
  keep?: string;
  /** How long a token may still be good that was issued before. */
  tokensMs: number;
}

type NewHash = NewEpoch & { passwordHash: string };

/** @throws ProblemError 404 */
export function changePassword(own: Own, { passwordHash, ...epoch }: NewHash, now: Date): Change<Revocation> {
  return newEpoch(own, { passwordHash }, epoch, now);
}

/** The change was made already, with this token, and its answer was lost. @throws ProblemError 404 */
export function passwordChanged({ revocation }: Own): Change<Revocation> {
  if (!revocation) throw noSuchAccount();
  return { reply: revocationOf(revocation) };
}

/** The tokens that there are name the former role. @throws ProblemError 404 */
export function setRole(own: Own, { role, ...epoch }: NewEpoch & { role: Role }, now: Date): Change<Revocation> {
  return own.account?.role === role ? {} : newEpoch(own, { role }, epoch, now);
}

export interface Token {
  userId: string;
  tokenId: string;
  expiresAt: Date;
}

/** Nobody has to ask whose token it is: the gateway has verified it. */
export function signOut(revoked: RevocationRow | undefined, token: Token, now: Date): Change<Revocation> {
  const row = revoked ?? revokeToken(token.userId, token.tokenId, token.expiresAt, now);
  return { ...(!revoked && { revocations: [row], messages: [revokedFact(row)] }), reply: revocationOf(row) };
}

function newEpoch(own: Own, changes: Partial<Account>, epoch: NewEpoch, now: Date): Change<Revocation> {
  const { account, revocation } = own;
  if (!account) throw noSuchAccount();
  const tokenEpoch = account.tokenEpoch + 1;
  const row = revokeUser(revocation, { userId: account.id, minEpoch: tokenEpoch, ...epoch }, now);
  return {
    accounts: [{ ...account, ...changes, tokenEpoch, version: account.version + 1 }],
    revocations: [row],
    messages: [revokedFact(row)],
    reply: revocationOf(row),
  };
}
