import { generateKeyPairSync } from 'node:crypto';
import { keyIdOf } from '@sluice/service-kit';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { issueToken } from './token.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const NOW = new Date('2026-11-21T12:00:00Z');
const issue = (verified = true) =>
  issueToken({ id: 'user-1', role: 'admin', tokenEpoch: 3, verified }, { privateKey, ttlSeconds: 60 }, NOW);

describe('issueToken', () => {
  it('contains the user, the role and the expiry, verifiable with the public key', async () => {
    const { token, expiresAt } = await issue();
    const { payload } = await jwtVerify(token, publicKey, { algorithms: ['EdDSA'], currentDate: NOW });
    expect(payload).toMatchObject({ sub: 'user-1', role: 'admin', epoch: 3, verified: true, jti: expect.any(String) });
    expect((await jwtVerify((await issue(false)).token, publicKey, { currentDate: NOW })).payload).not.toHaveProperty(
      'verified',
    );
    expect(expiresAt).toBe('2026-11-21T12:01:00.000Z');
    expect(payload.exp! * 1000).toBe(Date.parse(expiresAt));
  });

  it('names the key that signed it, and nothing else about it', async () => {
    const { token } = await issue();
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', kid: keyIdOf(publicKey) });
  });

  it('is refused after its expiry and under another key', async () => {
    const { token } = await issue();
    await expect(jwtVerify(token, publicKey, { currentDate: new Date('2026-11-21T12:01:01Z') })).rejects.toThrow('exp');
    await expect(jwtVerify(token, generateKeyPairSync('ed25519').publicKey, { currentDate: NOW })).rejects.toThrow(
      'signature',
    );
  });
});
