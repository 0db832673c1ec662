import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Role } from '@sluice/contracts';
import type { Parent } from '@sluice/service-kit';
import type { InjectOptions } from 'fastify';
import { SignJWT } from 'jose';
import { createGateway, type Gateway } from '../gateway.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

export const ANN = '00000000-0000-7000-8000-00000000000a';
export const BOB = '00000000-0000-7000-8000-00000000000b';

interface Claims {
  role?: Role | 'root';
  /** Seconds from now; in the past for an expired token. */
  expiresIn?: number;
  key?: KeyObject;
  /** The user's epoch that the token was issued in, or the token's id: by either it can be void. */
  epoch?: number;
  jti?: string;
  /** Whether the phone is verified. */
  verified?: boolean;
}

export const tokenOf = (
  userId: string,
  { role = 'customer', expiresIn = 60, key = privateKey, epoch, jti, verified }: Claims = {},
): Promise<string> =>
  new SignJWT({
    role,
    ...(epoch !== undefined && { epoch }),
    ...(jti !== undefined && { jti }),
    ...(verified && { verified }),
  })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setSubject(userId)
    .setExpirationTime(Math.floor(Date.now() / 1000) + expiresIn)
    .sign(key);

export const startGateway = (environment: Record<string, string>, parent?: Parent): Promise<Gateway> =>
  createGateway(
    {
      LOG_LEVEL: 'silent',
      TOKEN_PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      IDEMPOTENCY_SECRET: 'a secret of the tests',
      REPLY_TIMEOUT_MS: '1000',
      ...environment,
    },
    parent,
  );

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: Record<string, unknown>;
}

/** Calls a gateway with the given token, with JSON in both directions. */
export async function call(
  { app }: Gateway,
  method: InjectOptions['method'],
  url: string,
  { as, body, headers }: { as?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await app.inject({
    method,
    url,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(as && { authorization: `Bearer ${as}` }),
      ...headers,
    },
    ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.body === '' ? {} : (response.json() as Record<string, unknown>),
  };
}

export const ADDRESS = { name: 'Ann', street: 'Main Street 1', city: 'Springfield', postcode: '12345', country: 'US' };
export const order = (lines: unknown = [{ sku: 'TEA', quantity: 2 }]) => ({ lines, address: ADDRESS });
