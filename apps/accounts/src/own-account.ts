import type { Revocation, Role } from '@sluice/contracts';
import { noSuchAccount, type Account, type Change } from './account.js';
import { revocationOf, revokedFact, revokeToken, revokeUser, type RevocationRow } from './revocation.js';

/** An account and the revocation of its user's tokens. */
export interface Own {
  account: Account | undefined;
  revocation: RevocationRow | undefined;
}

interface NewEpoch {
  /** The token that stays valid. */
  keep?: string;
  /** Longest remaining lifetime of a token issued before. */
  tokensMs: number;
}

type NewHash = NewEpoch & { passwordHash: string };

/** @throws ProblemError 404 */
export function changePassword(own: Own, { passwordHash, ...epoch }: NewHash, now: Date): Change<Revocation> {
  return newEpoch(own, { passwordHash }, epoch, now);
}

/** Replies again to a change already made with this token, whose reply was lost. @throws ProblemError 404 */
export function passwordChanged({ revocation }: Own): Change<Revocation> {
  if (!revocation) throw noSuchAccount();
  return { reply: revocationOf(revocation) };
}

/** Revokes all tokens, since they contain the former role. @throws ProblemError 404 */
export function setRole(own: Own, { role, ...epoch }: NewEpoch & { role: Role }, now: Date): Change<Revocation> {
  return own.account?.role === role ? {} : newEpoch(own, { role }, epoch, now);
}

export interface Token {
  userId: string;
  tokenId: string;
  expiresAt: Date;
}

/** Revokes a token. Its owner is not checked: the gateway has verified the token. */
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
