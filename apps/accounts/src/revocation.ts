import { type Outgoing, type Revocation, TokensRevoked } from '@sluice/contracts';

/** What is void before its end: one token (`id` is its name) or those of a user (`id` is the user's). */
export interface RevocationRow {
  id: string;
  userId: string;
  tokenId: string | null;
  /** Tokens of a lower epoch are void, but for `keep`. */
  minEpoch: number | null;
  keep: string | null;
  /** From then on none of the tokens would be good anyway. */
  expiresAt: Date;
  changedAt: Date;
  version: number;
}

interface OfUser {
  userId: string;
  minEpoch: number;
  /** The token that stays good. */
  keep?: string;
  /** How long a token may still be good that was issued before. */
  tokensMs: number;
}

/** All tokens that a user has from before this epoch; it replaces a former entry, whose epoch was lower. */
export function revokeUser(before: RevocationRow | undefined, of: OfUser, now: Date): RevocationRow {
  const { userId, minEpoch, keep = null, tokensMs } = of;
  const times = { expiresAt: new Date(now.getTime() + tokensMs), changedAt: now };
  return { id: userId, userId, tokenId: null, minEpoch, keep, ...times, version: (before?.version ?? 0) + 1 };
}

/** One token, until its own end. */
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
