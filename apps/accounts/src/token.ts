import type { KeyObject } from 'node:crypto';
import type { Role } from '@sluice/contracts';
import { keyIdOf } from '@sluice/service-kit';
import { SignJWT } from 'jose';

export interface TokenIssuer {
  privateKey: KeyObject;
  ttlSeconds: number;
}

/** A JSON Web Token (RFC 7519) with EdDSA (RFC 8037): whoever has the public key that it names (`kid`) can check it without asking. */
/** @param of verified: the phone was, when the token was issued */
export async function issueToken(of: { id: string; role: Role; verified?: boolean }, { privateKey, ttlSeconds }: TokenIssuer, now: Date): Promise<{ token: string; expiresAt: string }> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  const expiresAt = issuedAt + ttlSeconds;
  const claims = new SignJWT({ role: of.role, ...(of.verified && { verified: true }) }).setSubject(of.id).setIssuedAt(issuedAt).setExpirationTime(expiresAt);
  const token = await claims.setProtectedHeader({ alg: 'EdDSA', kid: keyIdOf(privateKey) }).sign(privateKey);
  return { token, expiresAt: new Date(expiresAt * 1000).toISOString() };
}
