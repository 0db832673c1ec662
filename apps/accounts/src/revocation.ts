import { type Outgoing, type Revocation, TokensRevoked } from '@sluice/contracts';

/** A revocation of one token (`id` is the token's) or of a user's tokens (`id` is the user's). */
export interface RevocationRow {
  id: string;
  userId: string;
  tokenId: string | null;
  /** Tokens of a lower epoch are void, except `keep`. */
  minEpoch: number | null;
  keep: string | null;
  /** From then on all these tokens have expired anyway. */
  expiresAt: Date;
  changedAt: Date;
  version: number;
}

interface OfUser {
  userId: string;
  minEpoch: number;
  /** The token that stays valid. */
  keep?: string;
  /** Longest remaining lifetime of a token issued before. */
  tokensMs: number;
}

/** Revokes all tokens of a user from before this epoch; replaces an earlier entry, whose epoch was lower. */
export function revokeUser(before: RevocationRow | undefined, of: OfUser, now: Date): RevocationRow {
  const { userId, minEpoch, keep = null, tokensMs } = of;
  const times = { expiresAt: new Date(now.getTime() + tokensMs), changedAt: now };
  return { id: userId, userId, tokenId: null, minEpoch, keep, ...times, version: (before?.version ?? 0) + 1 };
}

/** Revokes one token, until its expiry. */
export const revokeToken = (userId: string, tokenId: string, expiresAt: Date, now: Date): RevocationRow => ({
  ...{ id: tokenId, userId, tokenId, minEpoch: null, keep: null, expiresAt, changedAt: now, version: 1 },
});

type Entry = Omit<RevocationRow, 'id' | 'changedAt' | 'version'>;

export const revocationOf = ({ userId, tokenId, minEpoch, keep, expiresAt }: Entry): Revocation => ({
  userId,
  ...(tokenId !== null && { tokenId }),
  ...(minEpoch !== null && { minEpoch }),
  ...(keep !== null && { keep }),
  expiresAt: expiresAt.toISOString(),
});

export const revokedFact = (row: RevocationRow): Outgoing =>
  TokensRevoked({ ...revocationOf(row), version: row.version });
