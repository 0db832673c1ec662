import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { refusals } from '../../../libs/service-kit/src/production.js';
import { AccountsConfig } from '../../../apps/accounts/src/config.js';
import { GatewayConfig } from '../../../apps/gateway/src/config.js';
import { Ed25519PublicKeys } from '../../../libs/http-kit/src/public-keys.js';
import { StateDirectory, type Secrets } from '../state-directory.js';
import { secretsOf } from './secrets.js';

let stateDirectory: StateDirectory;
beforeEach(() => (stateDirectory = new StateDirectory(mkdtempSync(path.join(tmpdir(), 'secrets-')))));
afterEach(() => rmSync(stateDirectory.dir, { recursive: true }));

const settingsOf = ({ tokenPrivateKey, tokenPublicKey, idempotencySecret }: Secrets) => ({
  NODE_ENV: 'production',
  TOKEN_PRIVATE_KEY: tokenPrivateKey,
  TOKEN_PUBLIC_KEY: tokenPublicKey,
  IDEMPOTENCY_SECRET: idempotencySecret,
});
const CONFIG = z.object({
  ...AccountsConfig.pick({ TOKEN_PRIVATE_KEY: true }).shape,
  ...GatewayConfig.pick({ TOKEN_PUBLIC_KEY: true, IDEMPOTENCY_SECRET: true }).shape,
});
const refused = (secrets: Secrets) =>
  refusals(CONFIG, settingsOf(secrets))
    .map(({ variable }) => variable)
    .sort();

it('makes secrets that production refuses, keeps them, and makes others for containers', () => {
  const secrets = secretsOf(stateDirectory);
  expect(refused(secrets)).toEqual(['IDEMPOTENCY_SECRET', 'TOKEN_PRIVATE_KEY', 'TOKEN_PUBLIC_KEY']);
  expect(secretsOf(stateDirectory)).toEqual(secrets);
  stateDirectory.forget('secrets');
  expect(refused(secretsOf(stateDirectory, { mark: '' }))).toEqual([]);
});

it('makes two halves of one key, which services can read', () => {
  const { tokenPrivateKey, tokenPublicKey } = secretsOf(stateDirectory);
  const [entry] = Ed25519PublicKeys.parse(tokenPublicKey);
  expect(createPublicKey(createPrivateKey(tokenPrivateKey)).equals(entry?.[1] as KeyObject)).toBe(true);
});

it('replaces keys that were made before keys had a mark, and nothing else', () => {
  const before = secretsOf(stateDirectory, { mark: '' });
  const after = secretsOf(stateDirectory);
  expect(refused(after)).toEqual(['TOKEN_PRIVATE_KEY', 'TOKEN_PUBLIC_KEY']);
  expect(after.idempotencySecret).toBe(before.idempotencySecret);
});
