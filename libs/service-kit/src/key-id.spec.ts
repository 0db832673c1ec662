import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { keyIdOf } from './key-id.js';

it('is the thumbprint of the example in RFC 8037, from the private and from the public key', () => {
  const pair = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  };
  const key = createPrivateKey({ key: pair, format: 'jwk' });
  expect([keyIdOf(key), keyIdOf(createPublicKey(key))]).toEqual(
    Array(2).fill('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'),
  );
});

it('differs for another key', () => {
  expect(keyIdOf(generateKeyPairSync('ed25519').publicKey)).not.toBe(keyIdOf(generateKeyPairSync('ed25519').publicKey));
});
