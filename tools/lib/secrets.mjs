import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** Secrets that begin like this are refused in production: somebody's development machine knows them. */
const DEVELOPMENT = 'development-';

/**
 * What a system signs with, made once and kept in its home. Each service gets only what it needs.
 * @param {import('./home.mjs').Home} home @param {{ mark?: string }} [options] mark: what the secret begins with
 * @returns {{ tokenPrivateKey: string, tokenPublicKey: string, idempotencySecret: string }}
 */
export const secretsOf = (home, { mark = DEVELOPMENT } = {}) => home.once('secrets', () => makeSecrets(mark));

function makeSecrets(mark) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    tokenPrivateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    tokenPublicKey: publicKey.export({ type: 'spki', format: 'pem' }),
    idempotencySecret: `${mark}${randomBytes(32).toString('base64url')}`,
  };
}
