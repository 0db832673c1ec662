import { randomUUID, type KeyObject } from 'node:crypto';
import type { Role } from '@sluice/contracts';
import { keyIdOf } from '@sluice/service-kit';
import { SignJWT } from 'jose';

export interface TokenIssuer {
  privateKey: KeyObject;
  ttlSeconds: number;
}

export interface Token {
  token: string;
  expiresAt: string;
}

export interface TokenOf {
  id: string;
  role: Role;
  /** Revocations of a user's tokens are by epoch. */
  tokenEpoch: number;
  /** Whether the phone was verified when the token was issued. */
  verified: boolean;
}

/**
 * Issues a JSON Web Token (RFC 7519) with EdDSA (RFC 8037): the public key that it names (`kid`) suffices to verify
 * it.
 */
export async function issueToken(of: TokenOf, issuer: TokenIssuer, now: Date): Promise<Token> {
  const { privateKey, ttlSeconds } = issuer;
  const issuedAt = Math.floor(now.getTime() / 1000);
  const expiresAt = issuedAt + ttlSeconds;
  const named = new SignJWT({ role: of.role, epoch: of.tokenEpoch, ...(of.verified && { verified: true }) })
    .setSubject(of.id)
    .setJti(randomUUID());
  const claims = named.setIssuedAt(issuedAt).setExpirationTime(expiresAt);
  const token = await claims.setProtectedHeader({ alg: 'EdDSA', kid: keyIdOf(privateKey) }).sign(privateKey);
  return { token, expiresAt: new Date(expiresAt * 1000).toISOString() };
}
