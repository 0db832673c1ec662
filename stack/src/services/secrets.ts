import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import type { Secrets, StateDirectory } from '../state-directory.js';

/** Secrets, and seeds of keys, that begin like this are refused in production (libs/service-kit/src/production.ts): somebody's development machine knows them. */
const DEVELOPMENT = 'development-';
/** A public key shows nothing of its seed. */
const COMMENT = `# ${DEVELOPMENT}key, made by npm start\n`;

/** What a system signs with, made once and kept in its state directory. @param options mark: how the secret begins */
export function secretsOf(stateDirectory: StateDirectory, { mark = DEVELOPMENT }: { mark?: string } = {}): Secrets {
  const known = stateDirectory.once('secrets', () => ({
    ...makeKeys(mark),
    idempotencySecret: `${mark}${randomBytes(32).toString('base64url')}`,
  }));
  // Keys that were made before keys had a mark are replaced: whoever is signed in signs in again.
  return !mark || known.tokenPublicKey.startsWith(COMMENT)
    ? known
    : stateDirectory.remember('secrets', { ...known, ...makeKeys(mark) });
}

function makeKeys(mark: string): Omit<Secrets, 'idempotencySecret'> {
  const privateKey = mark ? markedKey(mark) : generateKeyPairSync('ed25519').privateKey;
  return {
    tokenPrivateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    tokenPublicKey: `${mark && COMMENT}${createPublicKey(privateKey).export({ type: 'spki', format: 'pem' })}`,
  };
}

/** What precedes the seed in PKCS #8 (RFC 8410, 10.3). */
const BEFORE_SEED = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

/** 20 of the seed's 32 bytes are random: nobody guesses 160 bits. */
function markedKey(mark: string): KeyObject {
  const seed = Buffer.concat([Buffer.from(mark), randomBytes(SEED_BYTES - Buffer.byteLength(mark))]);
  return createPrivateKey({ key: Buffer.concat([BEFORE_SEED, seed]), format: 'der', type: 'pkcs8' });
}
