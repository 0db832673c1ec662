import { generateKeyPairSync } from 'node:crypto';
import { AccountRegistered, AccountVerified, SignIn, SignUp, VerifyPhone, type Contract } from '@sluice/contracts';
import { MessageClient, ProblemError } from '@sluice/messaging';
import { startService, type Service } from '@sluice/service-kit';
import { eventually, testBroker, testDatabase, type TestBroker, type TestDatabase } from '@sluice/testing';
import { connect, type ChannelModel } from 'amqplib';
import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { AccountsModule } from './accounts.module.js';
import { AccountsConfig } from './config.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const ANN = { userId: '00000000-0000-7000-8000-00000000000a', phone: '+15550000001', name: 'Ann', password: 'a good password' };

let broker: TestBroker;
let database: TestDatabase;
let service: Service;
let client: MessageClient;
let tap: ChannelModel;
const facts: { type: string; data: Record<string, unknown> }[] = [];

const start = () =>
  startService(
    { name: 'accounts', module: AccountsModule, config: AccountsConfig, database: true },
    { AMQP_URL: broker.url, DATABASE_URL: database.url, LOG_LEVEL: 'error', DEV_SEED: 'true', TOKEN_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
  );

/** Notes every fact about accounts. */
async function listen(): Promise<void> {
  tap = await connect(broker.url);
  const channel = await tap.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'shop.events', 'account.*');
  await channel.consume(queue, (message) => message && facts.push({ type: message.fields.routingKey, data: JSON.parse(message.content.toString()) as never }), { noAck: true });
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

const ask = <S extends z.ZodType, R extends z.ZodType>(contract: Contract<S, R>, data: z.input<S>) => client.request(contract, data, { deadlineMs: 10_000 });
/** The status that a request ends with: its problem's, or 200. */
const statusOf = (answer: Promise<unknown>): Promise<number> =>
  answer.then(
    () => 200,
    (error: unknown) => (error instanceof ProblemError ? error.problem.status : Promise.reject(error)),
  );
const factsAbout = (userId: string, type: string) => facts.filter((fact) => fact.type === type && fact.data['userId'] === userId);
const codeOf = (userId: string): Promise<string> => eventually(() => String(factsAbout(userId, AccountRegistered.type)[0]!.data['code']));
const accountsOf = async (phone: string) => (await database.pool.query('SELECT * FROM accounts WHERE phone = $1 AND version > 0', [phone])).rows;

describe('signing up', () => {
  it('makes an account and tells the world, with a code for the SMS', async () => {
    expect(await ask(SignUp, ANN)).toEqual({ id: ANN.userId, phone: ANN.phone, name: 'Ann' });
    expect(await codeOf(ANN.userId)).toMatch(/^[0-9]{6}$/);
  });

  it('stores neither the password nor the code', async () => {
    const stored = JSON.stringify(await accountsOf(ANN.phone));
    expect(stored).toContain('scrypt$');
    expect(stored).not.toContain(ANN.password);
    expect(stored).not.toContain(await codeOf(ANN.userId));
  });

  it('is 409 for a phone number that is taken', async () => {
    expect(await statusOf(ask(SignUp, { ...ANN, userId: '00000000-0000-7000-8000-00000000000b' }))).toBe(409);
  });

  it('gives one account to one of several who ask at the same time', async () => {
    const users = [1, 2, 3].map((n) => ({ ...ANN, phone: '+15550000002', userId: `00000000-0000-7000-8000-0000000000c${n}` }));
    const statuses = await Promise.all(users.map((user) => statusOf(ask(SignUp, user))));
    expect(statuses.sort()).toEqual([200, 409, 409]);
    expect(await accountsOf('+15550000002')).toHaveLength(1);
  });
});

describe('signing in', () => {
  it('gives a token that names the user and the role', async () => {
    const { token, expiresAt } = await ask(SignIn, { phone: ANN.phone, password: ANN.password });
    const { payload } = await jwtVerify(token, publicKey);
    expect(payload).toMatchObject({ sub: ANN.userId, role: 'customer' });
    expect(Date.parse(expiresAt)).toBe(payload.exp! * 1000);
  });

  it('is 401, told alike, for a wrong password and for an unknown phone number', async () => {
    const told = (phone: string, password: string) => ask(SignIn, { phone, password }).catch((error: unknown) => (error as ProblemError).problem);
    const wrong = await told(ANN.phone, 'wrong');
    expect(wrong).toMatchObject({ status: 401 });
    expect(await told('+15559999999', 'wrong')).toEqual(wrong);
  });
});

describe('verifying the phone', () => {
  it('is 422 for a wrong code, works with the right one, and may be asked again', async () => {
    const code = await codeOf(ANN.userId);
    const wrong = code === '000000' ? '000001' : '000000';
    expect(await statusOf(ask(VerifyPhone, { userId: ANN.userId, code: wrong }))).toBe(422);
    expect(await statusOf(ask(VerifyPhone, { userId: ANN.userId, code }))).toBe(200);
    expect(await statusOf(ask(VerifyPhone, { userId: ANN.userId, code }))).toBe(200);
    await eventually(() => expect(factsAbout(ANN.userId, AccountVerified.type)).toHaveLength(1));
  });

  it('is 429 after five wrong codes, even with the right one', async () => {
    const ben = { ...ANN, userId: '00000000-0000-7000-8000-00000000000d', phone: '+15550000003' };
    await ask(SignUp, ben);
    const code = await codeOf(ben.userId);
    const wrong = code === '000000' ? '000001' : '000000';
    const guesses = [wrong, wrong, wrong, wrong, wrong, code];
    const statuses = [];
    for (const guess of guesses) statuses.push(await statusOf(ask(VerifyPhone, { userId: ben.userId, code: guess })));
    expect(statuses).toEqual([422, 422, 422, 422, 422, 429]);
  });

  it('is 404 for somebody who has no account', async () => {
    expect(await statusOf(ask(VerifyPhone, { userId: '00000000-0000-7000-8000-00000000000e', code: '123456' }))).toBe(404);
  });
});

describe('the development seed', () => {
  it('signs in as admin and as customer', async () => {
    const roleOf = async (phone: string, password: string) => (await jwtVerify((await ask(SignIn, { phone, password })).token, publicKey)).payload['role'];
    expect(await roleOf('+10000000000', 'admin-password')).toBe('admin');
    expect(await roleOf('+10000000001', 'customer-password')).toBe('customer');
  });

  it('is planted once, however often the service starts', async () => {
    await (await start()).stop();
    const { rows } = await database.pool.query('SELECT version FROM accounts WHERE phone LIKE $1', ['+1000000000_']);
    expect(rows).toEqual([{ version: 1 }, { version: 1 }]);
    expect(facts.filter(({ data }) => String(data['phone']).startsWith('+1000000000'))).toHaveLength(2);
  });
});
