import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { Id, Phone } from '@sluice/contracts';
import type { WireMessage } from '@sluice/messaging';
import { factsIn, testDatabase, type TestDatabase } from '@sluice/testing';
import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devTokens, devUser, MAX_USERS } from './dev-users.js';
import { AccountsConfig, limitsOf } from '../config.js';
import { passwordMatches } from '../password.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const issuer = { privateKey, ttlSeconds: 60 };
const limits = limitsOf(AccountsConfig.parse({ TOKEN_PRIVATE_KEY: pem }));
const ROWS = 'SELECT * FROM accounts ORDER BY phone';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase('accounts');
});
afterAll(() => database.close());

async function make(count: number): Promise<string[]> {
  const tokens: string[] = [];
  for await (const some of devTokens(database.pool, { issuer, limits }, count, new Date())) tokens.push(...some);
  return tokens;
}
const rows = async () => (await database.pool.query<{ id: string; password_hash: string }>(ROWS)).rows;
const subjectOf = async (token: string) => (await jwtVerify(token, publicKey, { algorithms: ['EdDSA'] })).payload.sub;

describe('users for load tests', () => {
  it('are ordinary accounts, each with a token of its own that the public key verifies', async () => {
    const tokens = await make(3);
    expect(await Promise.all(tokens.map(subjectOf))).toEqual((await rows()).map(({ id }) => id));
    expect(await rows()).toMatchObject(
      [1, 2, 3].map((number) => ({ ...devUser(number), role: 'customer', version: 2, verified_at: expect.any(Date) })),
    );
  });

  it('are the same users for a repeat, and only missing ones are added', async () => {
    const before = await rows();
    expect(await Promise.all((await make(4_001)).map(subjectOf))).toEqual(
      Array.from({ length: 4_001 }, (_, i) => devUser(i + 1).id),
    );
    const after = await rows();
    expect(after.slice(0, 3)).toEqual(before);
    await make(4_001);
    expect(await rows()).toEqual(after);
    expect(after).toHaveLength(4_001);
  });

  it('are announced as registered and as verified, each once, however often they are asked for', async () => {
    const { rows: outbox } = await database.pool.query<{ wire: WireMessage }>('SELECT wire FROM outbox');
    const facts = outbox.flatMap(({ wire: { properties, body } }) =>
      factsIn({ properties, content: Buffer.from(body) }),
    );
    const users = (await rows()).map(({ id }) => id).sort();
    expect(users).toHaveLength(4_001);
    for (const type of ['account.registered', 'account.verified']) {
      const sent = facts
        .filter((fact) => fact.type === type)
        .map(({ data }) => data as { userId: string; phone: string });
      expect(sent.map(({ userId }) => userId).sort()).toEqual(users);
      expect(sent.map(({ phone }) => phone)).toContain(devUser(1).phone);
    }
    expect(facts).toHaveLength(2 * users.length);
  });

  it('cannot sign in: no password matches their hash', async () => {
    const [user] = await rows();
    expect(await passwordMatches('', user?.password_hash)).toBe(false);
  });

  it('have ids and phone numbers that the contracts accept, up to the last of them', () => {
    for (const { id, phone } of [devUser(1), devUser(MAX_USERS)]) {
      expect(Id.safeParse(id).success).toBe(true);
      expect(Phone.safeParse(phone).success).toBe(true);
    }
  });
});

describe('the program', () => {
  const program = path.join(import.meta.dirname, '../../dist/dev-users/main.js');
  const run = (count: string, env: Record<string, string> = {}) =>
    promisify(execFile)(process.execPath, [program, count], {
      env: { PATH: process.env['PATH'], DATABASE_URL: database.url, TOKEN_PRIVATE_KEY: pem, ...env },
    });

  it('prints tokens and nothing else, one per line', async () => {
    const { stdout, stderr } = await run('5');
    expect(stderr).toBe('');
    expect(await Promise.all(stdout.trimEnd().split('\n').map(subjectOf))).toEqual(
      [1, 2, 3, 4, 5].map((number) => devUser(number).id),
    );
  });

  it.each([
    ['5', { NODE_ENV: 'production' }, /^dev:users: NODE_ENV .*refused in production\n$/],
    ['0', {}, /^dev:users: USERS is not valid/],
    ['5', { DATABASE_URL: '' }, /^dev:users: DATABASE_URL is not set\n$/],
  ])('refuses %s users with %o in one line with the reason', async (count, env, message) => {
    const before = await rows();
    await expect(run(count, env)).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
    expect(await rows()).toEqual(before);
  });
});
