import { generateKeyPairSync, sign } from 'node:crypto';
import { newId } from '@sluice/persistence';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

export const PUBLIC_KEY = publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** Creates tokens of `count` new users, like those of the accounts service. */
export const newTokens = (count: number): string[] =>
  Array.from({ length: count }, () =>
    signed({ sub: newId(), role: 'customer', exp: Math.floor(Date.now() / 1_000) + 3_600 }),
  );

/** Returns a compact JSON web signature with Ed25519 (RFC 7515, RFC 8037). */
function signed(claims: object): string {
  const encoded = [{ alg: 'EdDSA', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${encoded}.${sign(null, Buffer.from(encoded), privateKey).toString('base64url')}`;
}
