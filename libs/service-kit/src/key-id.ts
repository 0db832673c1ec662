import { createHash, type KeyObject } from 'node:crypto';

/**
 * What tokens call a signing key: the thumbprint of its public half (RFC 7638; RFC 8037 for Ed25519), so that who signs and
 * who verifies need not agree on names.
 * @param key either half of an Ed25519 pair
 */
export function keyIdOf(key: KeyObject): string {
  const { crv, kty, x } = key.export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}
