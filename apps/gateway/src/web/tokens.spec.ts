import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { keyIdOf } from '@sluice/service-kit';
import { SignJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { ANN, call, startGateway } from '../testing/gateway.js';

const NO_BROKER = { AMQP_URL: 'amqp://127.0.0.1:1' };
const [former, present, next, foreign] = [1, 2, 3, 4].map(() => generateKeyPairSync('ed25519')) as [
  Pair,
  Pair,
  Pair,
  Pair,
];
type Pair = { privateKey: KeyObject; publicKey: KeyObject };

const pem = (...pairs: Pair[]) =>
  pairs.map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' })).join('');
const now = () => Math.floor(Date.now() / 1_000);
const GOOD = (): JWTPayload => ({ sub: ANN, role: 'customer', exp: now() + 60 });

/** A token signed with one key, with that key's id, another one, or none. */
const signed = ({ privateKey }: Pair, { kid, claims = GOOD() }: { kid?: string; claims?: JWTPayload } = {}) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', ...(kid && { kid }) }).sign(privateKey);
const named = (pair: Pair, claims?: JWTPayload) =>
  signed(pair, { kid: keyIdOf(pair.publicKey), ...(claims && { claims }) });
const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** 401 for a refused token; 503 for an accepted one, because there is no broker. */
const statusWith = async (gateway: Gateway, token: string) =>
  (await call(gateway, 'GET', `/orders/${ANN}`, { as: token })).status;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({ ...NO_BROKER, TOKEN_PUBLIC_KEY: pem(former, present) });
});
afterAll(() => gateway.stop());

describe('keys that are rotated', () => {
  it('keep tokens valid while their key is listed, and invalidate them when it is not any more', async () => {
    const [old, young] = await Promise.all([named(former), named(present)]);
    expect([await statusWith(gateway, old), await statusWith(gateway, young)]).toEqual([503, 503]);
    const later = await startGateway({ ...NO_BROKER, TOKEN_PUBLIC_KEY: pem(present, next) });
    try {
      expect([
        await statusWith(later, old),
        await statusWith(later, young),
        await statusWith(later, await named(next)),
      ]).toEqual([401, 503, 503]);
    } finally {
      await later.stop();
    }
  });

  it('are selected by key id: a token under the id of another key is refused', async () => {
    expect(await statusWith(gateway, await signed(present, { kid: keyIdOf(former.publicKey) }))).toBe(401);
    expect(await statusWith(gateway, await signed(foreign, { kid: keyIdOf(present.publicKey) }))).toBe(401);
    expect(await statusWith(gateway, await named(foreign))).toBe(401);
  });

  it('are the first one for a token without a key id', async () => {
    expect([await statusWith(gateway, await signed(former)), await statusWith(gateway, await signed(present))]).toEqual(
      [503, 401],
    );
  });
});

describe('a token is refused', () => {
  const kid = keyIdOf(present.publicKey);
  const unsigned = (alg: string) => `${encoded({ alg, kid })}.${encoded(GOOD())}.`;

  it('although its algorithm is "none"', async () => {
    for (const token of [unsigned('none'), `${unsigned('none')}AA`, `${unsigned('None')}AA`])
      expect(await statusWith(gateway, token)).toBe(401);
  });

  it.each(['HS256', 'HS512'])('that is signed (%s) with the public key as secret', async (alg) => {
    const secrets = [
      pem(present),
      present.publicKey.export({ type: 'spki', format: 'der' }),
      Buffer.from(present.publicKey.export({ format: 'jwk' }).x!, 'base64url'),
    ];
    for (const secret of secrets)
      expect(
        await statusWith(gateway, await new SignJWT(GOOD()).setProtectedHeader({ alg, kid }).sign(Buffer.from(secret))),
      ).toBe(401);
  });

  it('that contains its own key', async () => {
    const jwk = foreign.publicKey.export({ format: 'jwk' });
    expect(
      await statusWith(
        gateway,
        await new SignJWT(GOOD()).setProtectedHeader({ alg: 'EdDSA', kid, jwk: jwk as never }).sign(foreign.privateKey),
      ),
    ).toBe(401);
  });

  it.each([
    ['that has expired', () => ({ exp: now() - 1 })],
    ['that is not valid yet', () => ({ nbf: now() + 60 })],
    ['without an expiry', () => ({ exp: undefined })],
    ['with an expiry that is no number', () => ({ exp: 'never' })],
    ['without a user', () => ({ sub: undefined })],
    ['with an invalid user id', () => ({ sub: 'ann' })],
    ['with an unknown role', () => ({ role: 'root' })],
  ])('%s', async (_, change) => {
    expect(await statusWith(gateway, await named(present, { ...GOOD(), ...change() } as JWTPayload))).toBe(401);
  });

  it('that was changed, in any part', async () => {
    const [head, body, signature] = (await named(present)).split('.') as [string, string, string];
    const admin = encoded({ ...GOOD(), role: 'admin' });
    for (const token of [
      `${head}.${admin}.${signature}`,
      `${encoded({ alg: 'EdDSA' })}.${body}.${signature}`,
      `${head}.${body}.${signature.slice(0, -4)}AAAA`,
    ])
      expect(await statusWith(gateway, token)).toBe(401);
    expect(await statusWith(gateway, `${head}.${body}.${signature}`)).toBe(503);
  });
});
