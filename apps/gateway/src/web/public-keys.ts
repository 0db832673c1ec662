import { createPublicKey, type KeyObject } from 'node:crypto';
import { keyIdOf } from '@sluice/service-kit';
import { z } from 'zod';

/** By what tokens call them, in the order in which they are listed. */
export type PublicKeys = ReadonlyMap<string, KeyObject>;

/** Not `PRIVATE KEY`, although a public one could be had from it: it has no business here. */
const BLOCK = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

/** Says who made the key that follows; read before production starts. */
const COMMENT = /^#.*$/gm;

/** One or more PEM blocks, also with `\n` spelled out, as .env files and orchestrators pass them: more than one while keys are rotated. */
export const Ed25519PublicKeys = z.string().transform((text, context): PublicKeys => {
  const pem = text.replaceAll('\\n', '\n').replace(COMMENT, '');
  const keys = (pem.match(BLOCK) ?? []).map(keyOf);
  const known = keys.filter((key) => key !== undefined);
  if (known.length > 0 && known.length === keys.length && pem.replace(BLOCK, '').trim() === '')
    return new Map(known.map((key) => [keyIdOf(key), key]));
  context.addIssue('must be one or more Ed25519 public keys in PEM form');
  return z.NEVER;
});

/** Undefined: the parser's own words help nobody. */
function keyOf(block: string): KeyObject | undefined {
  try {
    const key = createPublicKey(block);
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}
