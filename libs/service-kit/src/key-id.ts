import { createHash, type KeyObject } from 'node:crypto';

/**
 * Returns the key id (`kid`) of a signing key: the thumbprint of its public key (RFC 7638; RFC 8037 for Ed25519).
 * Signer and verifier compute the same id, so it needs no configuration.
 * @param key private or public key of an Ed25519 pair
 */
export function keyIdOf(key: KeyObject): string {
  const { crv, kty, x } = key.export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}
