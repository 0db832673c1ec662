import type { KeyObject, KeyPairKeyObjectResult } from 'node:crypto';
import { SignJWT } from 'jose';

export function secretsOf({
  privateKey,
  publicKey,
}: KeyPairKeyObjectResult): Record<'TOKEN_PRIVATE_KEY' | 'TOKEN_PUBLIC_KEY' | 'IDEMPOTENCY_SECRET', string> {
  return {
    TOKEN_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    TOKEN_PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    IDEMPOTENCY_SECRET: 'only-for-this-test-run-0123456789abcdef',
  };
}

/** A customer's token, as accounts would issue it, good for an hour. */
export const tokenOf = (userId: string, key: KeyObject): Promise<string> =>
  new SignJWT({ role: 'customer' })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setSubject(userId)
    .setExpirationTime('1h')
    .sign(key);
