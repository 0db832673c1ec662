import { generateKeyPairSync, randomBytes } from 'node:crypto';

/**
 * What a development system signs with, made once and kept in its home. Each service gets only what it needs.
 * @param {import('./home.mjs').Home} home
 * @returns {{ tokenPrivateKey: string, tokenPublicKey: string, idempotencySecret: string }}
 */
export const secretsOf = (home) => home.once('secrets', makeSecrets);

function makeSecrets() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    tokenPrivateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    tokenPublicKey: publicKey.export({ type: 'spki', format: 'pem' }),
    idempotencySecret: randomBytes(32).toString('base64url'),
  };
}
