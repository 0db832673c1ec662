import { generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  EXCHANGES,
  AccountRegistered,
  AccountVerified,
  ChangePassword,
  ChangeProfile,
  CodeIssued,
  GetProfile,
  ListRevocations,
  ProfileChanged,
  ResendCode,
  SetRole,
  SignIn,
  SignOut,
  SignUp,
  TokensRevoked,
  VerifyPhone,
  type Contract,
} from '@sluice/contracts';
import { MessageClient, ProblemError } from '@sluice/messaging';
import { startService, type Service } from '@sluice/service-kit';
import { eventually, factsIn, testBroker, testDatabase, type TestBroker, type TestDatabase } from '@sluice/testing';
import { connect, type ChannelModel } from 'amqplib';
import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { AccountsModule } from './accounts.module.js';
import { AccountsConfig } from './config.js';
import { ExpiredSweep } from './expired.sweep.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const ANN = {
  userId: '00000000-0000-7000-8000-00000000000a',
  phone: '+15550000001',
  name: 'Ann',
  password: 'a good password',
};

let broker: TestBroker;
let database: TestDatabase;
let service: Service;
let client: MessageClient;
let tap: ChannelModel;
const facts: { type: string; data: Record<string, unknown> }[] = [];

const start = () =>
  startService(
    { name: 'accounts', module: AccountsModule, config: AccountsConfig, database: true },
    {
      AMQP_URL: broker.url,
      DATABASE_URL: database.url,
      LOG_LEVEL: 'error',
      DEV_SEED: 'true',
      TOKEN_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
  );

/** Records every fact about accounts. */
async function listen(): Promise<void> {
  tap = await connect(broker.url);
  const channel = await tap.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, EXCHANGES.events, 'account.*');
  await channel.consume(
    queue,
    (message) => message && facts.push(...factsIn(message).map(({ type, data }) => ({ type, data: data as never }))),
    { noAck: true },
  );
}

beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker(), testDatabase('accounts')]);
  await listen();
  service = await start();
  client = new MessageClient({ url: broker.url, source: 'test' });
  await eventually(() => expect(client.publisher.ready).toBe(true));
});
afterAll(async () => {
  await client.close();
  await service.stop();
  await tap.close();
  await Promise.all([broker.close(), database.close()]);
});

const request = <S extends z.ZodType, R extends z.ZodType>(contract: Contract<S, R>, data: z.input<S>) =>
  client.request(contract, data, { deadlineMs: 30_000 });
/** The status of a request's problem, or 200. */
const statusOf = (answer: Promise<unknown>): Promise<number> =>
  answer.then(
    () => 200,
    (error: unknown) => (error instanceof ProblemError ? error.problem.status : Promise.reject(error)),
  );
const factsAbout = (userId: string, type: string) =>
  facts.filter((fact) => fact.type === type && fact.data['userId'] === userId);
const signIn = async (password: string, phone = ANN.phone) =>
  (await jwtVerify((await request(SignIn, { phone, password })).token, publicKey)).payload;
const signUp = async (data: Partial<typeof ANN>) => {
  const user = { ...ANN, userId: randomUUID(), ...data };
  return { ...user, id: (await request(SignUp, user)).id };
};
/** Makes all rows of this number older by so many seconds. */
const age = (phone: string, seconds: number) =>
  database.pool.query(
    `UPDATE accounts SET created_at = created_at - $2 * interval '1 second',
       code_resent_at = code_resent_at - $2 * interval '1 second' WHERE phone = $1`,
    [phone, seconds],
  );
const codeOf = (userId: string): Promise<string> =>
  eventually(() => String(factsAbout(userId, AccountRegistered.type)[0]!.data['code']));
const accountsOf = async (phone: string) =>
  (await database.pool.query('SELECT * FROM accounts WHERE phone = $1 AND version > 0', [phone])).rows;

describe('signing up', () => {
  it('creates an account and publishes it, with a code for the SMS', async () => {
    expect(await request(SignUp, ANN)).toEqual({ id: ANN.userId, phone: ANN.phone, name: 'Ann' });
    expect(await codeOf(ANN.userId)).toMatch(/^[0-9]{6}$/);
  });

  it('stores neither the password nor the code', async () => {
    const stored = JSON.stringify(await accountsOf(ANN.phone));
    expect(stored).toContain('scrypt$');
    expect(stored).not.toContain(ANN.password);
    expect(stored).not.toContain(await codeOf(ANN.userId));
  });

  it('is 409 for a phone number that is taken, with another password or under another name', async () => {
    expect(await statusOf(signUp({ password: 'another password' }))).toBe(409);
    expect(await statusOf(signUp({ name: 'Bob' }))).toBe(409);
  });

  it('returns the same account for a repeat, under its own id or another, and sends no second code', async () => {
    expect((await signUp({})).id).toBe(ANN.userId);
    expect((await signUp({ userId: ANN.userId })).id).toBe(ANN.userId);
  });

  it('returns the same account to equal requests at the same time', async () => {
    const made = await Promise.all([1, 2, 3].map(() => signUp({ phone: '+15550000002' })));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(await accountsOf('+15550000002')).toHaveLength(1);
    await codeOf(made[0]!.id);
    expect([ANN.userId, made[0]!.id].map((userId) => factsAbout(userId, AccountRegistered.type).length)).toEqual([
      1, 1,
    ]);
  });

  it('creates an account for one of several different requests at the same time', async () => {
    const statuses = await Promise.all(
      [1, 2, 3].map((n) => statusOf(signUp({ phone: '+15550000004', password: `a good password ${n}` }))),
    );
    expect(statuses.sort()).toEqual([200, 409, 409]);
    expect(await accountsOf('+15550000004')).toHaveLength(1);
  });

  it('gives an unverified number to the account that verifies it', async () => {
    const phone = '+15550000005';
    const thief = await signUp({ phone, password: 'the thief of it' });
    await age(phone, 60);
    const owner = await signUp({ phone, name: 'Owner', password: 'the owner of it' });
    expect([(await signIn('the thief of it', phone)).sub, (await signIn('the owner of it', phone)).sub]).toEqual([
      thief.id,
      owner.id,
    ]);
    await request(VerifyPhone, { userId: owner.id, code: await codeOf(owner.id) });
    expect(await statusOf(request(SignIn, { phone, password: 'the thief of it' }))).toBe(401);
    expect((await signIn('the owner of it', phone)).sub).toBe(owner.id);
    await eventually(() => expect(factsAbout(thief.id, TokensRevoked.type)).toMatchObject([{ data: { minEpoch: 1 } }]));
    await age(phone, 86_400 * 400);
    expect(await statusOf(signUp({ phone, password: 'the thief of it' }))).toBe(409);
  });
});

describe('signing in', () => {
  it('returns a token with the user and the role', async () => {
    const { token, expiresAt } = await request(SignIn, { phone: ANN.phone, password: ANN.password });
    const { payload } = await jwtVerify(token, publicKey);
    expect(payload).toMatchObject({ sub: ANN.userId, role: 'customer' });
    expect(Date.parse(expiresAt)).toBe(payload.exp! * 1000);
  });

  it('is the same 401 for a wrong password and for an unknown phone number', async () => {
    const problemOfSignIn = (phone: string, password: string) =>
      request(SignIn, { phone, password }).catch((error: unknown) => (error as ProblemError).problem);
    const wrong = await problemOfSignIn(ANN.phone, 'wrong');
    expect(wrong).toMatchObject({ status: 401 });
    expect(await problemOfSignIn('+15559999999', 'wrong')).toEqual(wrong);
  });
});

describe('verifying the phone', () => {
  it('is 422 for a wrong code, succeeds with the right one, and may be repeated', async () => {
    const code = await codeOf(ANN.userId);
    const wrong = code === '000000' ? '000001' : '000000';
    expect(await statusOf(request(VerifyPhone, { userId: ANN.userId, code: wrong }))).toBe(422);
    expect(await statusOf(request(VerifyPhone, { userId: ANN.userId, code }))).toBe(200);
    expect(await statusOf(request(VerifyPhone, { userId: ANN.userId, code }))).toBe(200);
    await eventually(() => expect(factsAbout(ANN.userId, AccountVerified.type)).toHaveLength(1));
  });

  it('accepts a requested code, and is 429 when another is requested at once', async () => {
    const eve = await signUp({ phone: '+15550000006' });
    await request(ResendCode, { userId: eve.id });
    const again = await request(ResendCode, { userId: eve.id }).catch(
      (error: unknown) => (error as ProblemError).problem,
    );
    expect(again).toMatchObject({ status: 429, retryAfter: expect.closeTo(60, -1) });
    const code = await eventually(() => String(factsAbout(eve.id, CodeIssued.type)[0]!.data['code']));
    const first = await codeOf(eve.id);
    if (first !== code) expect(await statusOf(request(VerifyPhone, { userId: eve.id, code: first }))).toBe(422);
    expect(await statusOf(request(VerifyPhone, { userId: eve.id, code }))).toBe(200);
    expect(await statusOf(request(ResendCode, { userId: eve.id }))).toBe(200);
  });

  it('is 429 after five wrong codes, even with the right one', async () => {
    const ben = await signUp({ userId: '00000000-0000-7000-8000-00000000000d', phone: '+15550000003' });
    const code = await codeOf(ben.userId);
    const wrong = code === '000000' ? '000001' : '000000';
    const guesses = [wrong, wrong, wrong, wrong, wrong, code];
    const statuses = [];
    for (const guess of guesses)
      statuses.push(await statusOf(request(VerifyPhone, { userId: ben.userId, code: guess })));
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429]);
  });

  it('is 404 for a user without an account', async () => {
    expect(
      await statusOf(request(VerifyPhone, { userId: '00000000-0000-7000-8000-00000000000e', code: '123456' })),
    ).toBe(404);
  });
});

describe('revoked tokens', () => {
  const listed = async (userId: string) =>
    (await request(ListRevocations, {})).items.filter((item) => item.userId === userId);

  it('are one of a user after signing out, once, until its expiry', async () => {
    const [userId, tokenId, expiresAt] = [randomUUID(), randomUUID(), new Date(Date.now() + 3_600_000).toISOString()];
    const both = await Promise.all([
      request(SignOut, { userId, tokenId, expiresAt }),
      request(SignOut, { userId, tokenId, expiresAt }),
    ]);
    expect(both).toEqual([
      { userId, tokenId, expiresAt },
      { userId, tokenId, expiresAt },
    ]);
    await eventually(() => expect(factsAbout(userId, TokensRevoked.type)).toHaveLength(1));
    expect(await listed(userId)).toEqual([{ userId, tokenId, expiresAt }]);
    await database.pool.query("UPDATE revocations SET expires_at = now() - interval '1 second' WHERE id = $1", [
      tokenId,
    ]);
    expect(await listed(userId)).toEqual([]);
    await service.app.get(ExpiredSweep).sweep();
    expect((await database.pool.query('SELECT FROM revocations WHERE id = $1', [tokenId])).rowCount).toBe(0);
  });

  it('are all of a user but one after a change of the password, which applies at once', async () => {
    const dan = await signUp({ phone: '+15550000007' });
    const one = randomUUID();
    const change = (tokenId: string) =>
      request(ChangePassword, {
        userId: dan.id,
        tokenId,
        password: ANN.password,
        newPassword: 'another good one',
        client: '192.0.2.7',
      });
    await change(one);
    expect(await signIn('another good one', dan.phone)).toMatchObject({ epoch: 1 });
    expect(await listed(dan.id)).toMatchObject([{ minEpoch: 1, keep: one }]);
    // The reply may have been lost; only the token of the change gets it again.
    expect(await change(one)).toMatchObject({ minEpoch: 1, keep: one });
    expect(await statusOf(change(randomUUID()))).toBe(403);
  });

  it('do not help to guess a password by changing it: failures count like those of signing in', async () => {
    const guesses = Array.from({ length: 6 }, () =>
      statusOf(
        request(ChangePassword, {
          userId: ANN.userId,
          tokenId: ANN.userId,
          password: 'a wrong one',
          newPassword: 'another good one',
          client: '192.0.2.8',
        }),
      ),
    );
    expect((await Promise.all(guesses)).sort()).toEqual([403, 403, 403, 403, 403, 429]);
    expect(await statusOf(request(SignIn, { phone: ANN.phone, password: ANN.password, client: '192.0.2.8' }))).toBe(
      429,
    );
    expect(await statusOf(request(SignUp, { ...ANN, client: '192.0.2.8' }))).toBe(429);
  });

  it('are all of a user whose role has changed', async () => {
    await request(SetRole, { userId: ANN.userId, role: 'admin' });
    expect(await signIn(ANN.password)).toMatchObject({ role: 'admin', epoch: 1 });
    expect(await listed(ANN.userId)).toMatchObject([{ minEpoch: 1 }]);
    expect(await statusOf(request(SetRole, { userId: randomUUID(), role: 'admin' }))).toBe(404);
  });

  it('are listed page by page, and on request only those changed since', async () => {
    const before = (await request(ListRevocations, {})).at;
    const mine = Array.from({ length: 5 }, () => ({
      userId: randomUUID(),
      tokenId: randomUUID(),
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    }));
    for (const each of mine) await request(SignOut, each);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await request(ListRevocations, {
        limit: 2,
        changedSince: before,
        ...(cursor !== undefined && { cursor }),
      });
      seen.push(...page.items.map((item) => item.userId));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen.sort()).toEqual(mine.map(({ userId }) => userId).sort());
  });
});

describe('the development seed', () => {
  it('signs in as admin and as customer', async () => {
    const roleOf = async (phone: string, password: string) =>
      (await jwtVerify((await request(SignIn, { phone, password })).token, publicKey)).payload['role'];
    expect(await roleOf('+10000000000', 'admin-password')).toBe('admin');
    expect(await roleOf('+10000000001', 'customer-password')).toBe('customer');
  });

  it('is created once, however often the service starts, with verified numbers', async () => {
    await (await start()).stop();
    const { rows } = await database.pool.query('SELECT version, verified_at FROM accounts WHERE phone LIKE $1', [
      '+1000000000_',
    ]);
    expect(rows).toEqual([
      { version: 2, verified_at: expect.any(Date) },
      { version: 2, verified_at: expect.any(Date) },
    ]);
    const sent = facts.filter(({ data }) => String(data['phone']).startsWith('+1000000000')).map(({ type }) => type);
    expect(sent.sort()).toEqual(['account.registered', 'account.registered', 'account.verified', 'account.verified']);
  });
});

describe('a profile', () => {
  it('is stored, keeps what is not named, and is published with each change and with no repeat', async () => {
    const { id, phone } = await signUp({ phone: '+15550000077', name: 'Zoë' });
    const before = { id, phone, name: 'Zoë', verified: false, language: 'en', channels: ['sms', 'email', 'inbox'] };
    expect(await request(GetProfile, { userId: id })).toEqual(before);
    const wanted = { email: 'zoe@example.org', language: 'zh' as const };
    for (let n = 0; n < 2; n++)
      expect(await request(ChangeProfile, { userId: id, ...wanted })).toEqual({ ...before, ...wanted });
    const after = { ...before, ...wanted, channels: ['email', 'inbox'] };
    expect(await request(ChangeProfile, { userId: id, channels: ['email'] })).toEqual(after);
    expect(await request(GetProfile, { userId: id })).toEqual(after);
    await eventually(() =>
      expect(factsAbout(id, ProfileChanged.type).map(({ data }) => data)).toEqual([
        { userId: id, ...wanted, channels: before.channels, version: 2 },
        { userId: id, ...wanted, channels: after.channels, version: 3 },
      ]),
    );
  });

  it('is 404 without an account', async () => {
    expect(await statusOf(request(GetProfile, { userId: randomUUID() }))).toBe(404);
    expect(await statusOf(request(ChangeProfile, { userId: randomUUID(), language: 'zh' }))).toBe(404);
  });
});
