import { createPublicKey, type KeyObject } from 'node:crypto';
import { keyIdOf } from '@sluice/service-kit';
import { z } from 'zod';

/** Keys by key id, in configured order. */
export type PublicKeys = ReadonlyMap<string, KeyObject>;

/** `PRIVATE KEY` is refused, although a public key can be derived from it: a private key must not be here. */
const BLOCK = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

/** Comment above a key, with its origin; production's start checks read it. */
const COMMENT = /^#.*$/gm;

/** PEM blocks (several during key rotation), also with `\n` spelled out, as .env files and orchestrators pass them. */
export const Ed25519PublicKeys = z.string().transform((text, context): PublicKeys => {
  const pem = text.replaceAll('\\n', '\n').replace(COMMENT, '');
  const keys = (pem.match(BLOCK) ?? []).map(keyOf);
  const valid = keys.filter((key) => key !== undefined);
  if (valid.length > 0 && valid.length === keys.length && pem.replace(BLOCK, '').trim() === '')
    return new Map(valid.map((key) => [keyIdOf(key), key]));
  context.addIssue('must be one or more Ed25519 public keys in PEM form');
  return z.NEVER;
});

/** Undefined: not an Ed25519 key. The parser's own message would not help. */
function keyOf(block: string): KeyObject | undefined {
  try {
    const key = createPublicKey(block);
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}
