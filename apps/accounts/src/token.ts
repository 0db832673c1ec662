import type { KeyObject } from 'node:crypto';
import type { Role } from '@sluice/contracts';
import { SignJWT } from 'jose';

export interface TokenIssuer {
  privateKey: KeyObject;
  ttlSeconds: number;
}

/** A JSON Web Token (RFC 7519) with EdDSA (RFC 8037): whoever has the public key can check it without asking. */
export async function issueToken(of: { id: string; role: Role }, { privateKey, ttlSeconds }: TokenIssuer, now: Date): Promise<{ token: string; expiresAt: string }> {
  const issuedAt = Math.floor(now.getTime() / 1000);
  const expiresAt = issuedAt + ttlSeconds;
  const token = await new SignJWT({ role: of.role }).setProtectedHeader({ alg: 'EdDSA' }).setSubject(of.id).setIssuedAt(issuedAt).setExpirationTime(expiresAt).sign(privateKey);
  return { token, expiresAt: new Date(expiresAt * 1000).toISOString() };
}
