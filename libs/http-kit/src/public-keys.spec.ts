import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { keyIdOf } from '@sluice/service-kit';
import { expect, it } from 'vitest';
import { Ed25519PublicKeys } from './public-keys.js';

const keys = [1, 2].map(() => generateKeyPairSync('ed25519'));
const pem = (key: KeyObject) =>
  key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString();
const [one, two] = keys.map(({ publicKey }) => pem(publicKey)) as [string, string];

it.each([`${one}${two}`, `${one}\n\n${two}`, `${one}${two}`.replaceAll('\n', '\\n')])(
  'takes several keys, in their order, however their lines are broken',
  (text) => {
    expect([...Ed25519PublicKeys.parse(text).keys()]).toEqual(keys.map(({ publicKey }) => keyIdOf(publicKey)));
  },
);

it.each([
  ['nothing', ''],
  ['words', 'a key'],
  ['a key that is cut off', one.slice(0, 60)],
  ['a key and one that is cut off', `${one}${two.slice(0, 60)}`],
  ['a key and words', `${one} and another`],
  ['a broken key beside a good one', `${one}${two.replace('MCow', 'MCox')}`],
  ['a key of another kind', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)],
  ['the private half', pem(keys[0]!.privateKey)],
])('refuses %s without repeating it in the message', (_, text) => {
  expect(Ed25519PublicKeys.safeParse(text).error?.issues).toMatchObject([
    { message: 'must be one or more Ed25519 public keys in PEM form' },
  ]);
});
