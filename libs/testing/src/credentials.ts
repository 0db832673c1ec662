import { sign, type KeyObject, type KeyPairKeyObjectResult } from 'node:crypto';

/** What a system under test signs with and checks by. */
export function secretsOf({ privateKey, publicKey }: KeyPairKeyObjectResult): Record<'TOKEN_PRIVATE_KEY' | 'TOKEN_PUBLIC_KEY' | 'IDEMPOTENCY_SECRET', string> {
  return {
    TOKEN_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    TOKEN_PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    IDEMPOTENCY_SECRET: 'only-for-this-test-run-0123456789abcdef',
  };
}

/** A customer's token, good for an hour. */
export const tokenOf = (userId: string, key: KeyObject): string => signed({ sub: userId, role: 'customer', exp: Math.floor(Date.now() / 1_000) + 3_600 }, key);

/** A compact JSON web signature with Ed25519 (RFC 7515, RFC 8037). */
function signed(claims: object, key: KeyObject): string {
  const encoded = [{ alg: 'EdDSA', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${encoded}.${sign(null, Buffer.from(encoded), key).toString('base64url')}`;
}
