import { generateKeyPairSync } from 'node:crypto';
import { AccountRegistered, SignIn, SignUp, VerifyPhone, type Contract } from '@sluice/contracts';
import { MessageClient, ProblemError } from '@sluice/messaging';
import { startService, type Service } from '@sluice/service-kit';
import {
  captureLog,
  eventually,
  facts,
  publish,
  testBroker,
  testDatabase,
  type CapturedLog,
  type Facts,
  type TestBroker,
  type TestDatabase,
} from '@sluice/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { AccountsModule } from './accounts.module.js';
import { AccountsConfig } from './config.js';
import { ExpiredSweep } from './expired.sweep.js';

const ANN = {
  userId: '00000000-0000-7000-8000-00000000000a',
  phone: '+15550000001',
  name: 'Ann',
  password: 'a good password',
};
const ANN_SIGNS_IN = { phone: ANN.phone, password: ANN.password };
const [ATTACKER, HOME] = ['192.0.2.66', '198.51.100.7'];
const TOKEN_PRIVATE_KEY = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let broker: TestBroker;
let database: TestDatabase;
let services: Service[];
let client: MessageClient;
let received: Facts;
let log: CapturedLog;

const start = () =>
  startService(
    { name: 'accounts', module: AccountsModule, config: AccountsConfig, database: true },
    { AMQP_URL: broker.url, DATABASE_URL: database.url, LOG_LEVEL: 'trace', TOKEN_PRIVATE_KEY },
  );

/** Two processes, since they count failures together. */
beforeAll(async () => {
  log = captureLog();
  [broker, database] = await Promise.all([testBroker(), testDatabase('accounts')]);
  received = await facts(broker);
  services = await Promise.all([start(), start()]);
  client = new MessageClient({ url: broker.url, source: 'test' });
  await eventually(() => expect(client.publisher.ready).toBe(true));
  await request(SignUp, ANN);
});
beforeEach(() => database.pool.query('DELETE FROM sign_in_failures'));
afterAll(async () => {
  await client.close();
  await Promise.all(services.map((service) => service.stop()));
  await Promise.all([broker.close(), database.close()]);
  log.release();
});

const request = <S extends z.ZodType, R extends z.ZodType>(contract: Contract<S, R>, data: z.input<S>) =>
  client.request(contract, data, { deadlineMs: 20_000 });

/** The result of a sign-in: 200, or its problem. */
const signIn = (
  password: string,
  from?: string,
  phone = ANN.phone,
): Promise<{ status: number; retryAfter?: unknown }> =>
  request(SignIn, { phone, password, ...(from && { client: from }) }).then(
    () => ({ status: 200 }),
    (error: unknown) => (error instanceof ProblemError ? error.problem : Promise.reject(error)),
  );
const statuses = async (answers: Promise<{ status: number }>[]): Promise<number[]> =>
  (await Promise.all(answers)).map(({ status }) => status).sort();
const wrong = (count: number, from?: string, phone?: string) =>
  Array.from({ length: count }, () => signIn('wrong', from, phone));
const failuresOf = async (phone: string, from: string) =>
  (
    await database.pool.query<{ failures: number }>(
      'SELECT failures FROM sign_in_failures WHERE phone = $1 AND client = $2',
      [phone, from],
    )
  ).rows[0]?.failures;
/** Inserts so many recent failures, without computing their hashes. */
const failed = (failures: number, from: string, phone = ANN.phone) =>
  database.pool.query('INSERT INTO sign_in_failures (phone, client, failures, version) VALUES ($1, $2, $3, 1)', [
    phone,
    from,
    failures,
  ]);
/** Makes all failures older by so many minutes. */
const age = (minutes: number) =>
  database.pool.query(
    `UPDATE sign_in_failures SET since = since - $1 * interval '1 minute',
       last_at = last_at - $1 * interval '1 minute'`,
    [minutes],
  );

describe('failing to sign in', () => {
  it('must wait after five failures from one address, even with the right password, and its owner can sign in from another', async () => {
    const began = performance.now();
    expect(await statuses(wrong(5, ATTACKER))).toEqual([401, 401, 401, 401, 401]);
    const { status, retryAfter } = await signIn(ANN.password, ATTACKER);
    // A minute from the last try on, of which some seconds have passed.
    const passed = Math.ceil((performance.now() - began) / 1_000);
    expect([status, Number(retryAfter) <= 60, Number(retryAfter) >= 60 - passed]).toEqual([429, true, true]);
    expect(await signIn(ANN.password, HOME)).toEqual({ status: 200 });
  });

  it('is counted before the password is compared: ten at once, over two processes, are five guesses', async () => {
    expect(await statuses(wrong(10, ATTACKER))).toEqual([401, 401, 401, 401, 401, 429, 429, 429, 429, 429]);
  });

  it('gets the same reply for a number without an account', async () => {
    await Promise.all([failed(4, ATTACKER, '+15559999999'), failed(4, HOME)]);
    const nobody = await Promise.all(wrong(2, ATTACKER, '+15559999999'));
    const ann = await Promise.all(wrong(2, HOME));
    expect(ann.map(({ status }) => status).sort()).toEqual([401, 429]);
    // The second request may have a second less of the minute left.
    const alike = ann
      .sort(byStatus)
      .map((problem) =>
        'retryAfter' in problem ? { ...problem, retryAfter: expect.closeTo(Number(problem.retryAfter), -1) } : problem,
      );
    expect(nobody.sort(byStatus)).toEqual(alike);
  });

  it('is cleared by the right password', async () => {
    await Promise.all([failed(3, HOME), failed(3, HOME, '*')]);
    expect(await signIn('wrong', HOME)).toMatchObject({ status: 401 });
    expect([await failuresOf(ANN.phone, HOME), await failuresOf('*', HOME)]).toEqual([4, 4]);
    expect(await signIn(ANN.password, HOME)).toEqual({ status: 200 });
    expect([await failuresOf(ANN.phone, HOME), await failuresOf('*', HOME)]).toEqual([0, 4]);
  });

  it('is possible once when the wait is over, and then the wait is longer', async () => {
    await failed(5, ATTACKER);
    await age(1);
    expect(await signIn('wrong', ATTACKER)).toMatchObject({ status: 401 });
    expect(await signIn('wrong', ATTACKER)).toMatchObject({ status: 429, retryAfter: expect.closeTo(120, -1) });
  });

  it('with many different numbers blocks the address, and no other address', async () => {
    await failed(99, ATTACKER, '*');
    expect(await signIn('wrong', ATTACKER)).toMatchObject({ status: 401 });
    expect(await signIn('wrong', ATTACKER, '+15550000042')).toMatchObject({
      status: 429,
      retryAfter: expect.closeTo(900, -2),
    });
    expect(await signIn(ANN.password, HOME)).toEqual({ status: 200 });
  });

  it('is not counted without an address', async () => {
    expect(await statuses([...wrong(1), signIn(ANN.password)])).toEqual([200, 401]);
    expect((await database.pool.query('SELECT FROM sign_in_failures')).rowCount).toBe(0);
  });

  it('is stored no longer than it has an effect', async () => {
    const sweep = services[0]!.app.get(ExpiredSweep);
    await failed(1, ATTACKER);
    await age(74);
    await sweep.sweep();
    expect(await failuresOf(ANN.phone, ATTACKER)).toBe(1);
    await age(2);
    await sweep.sweep();
    expect((await database.pool.query('SELECT FROM sign_in_failures')).rowCount).toBe(0);
  });

  it('is deleted ten thousand at a time, however many there are', async () => {
    await database.pool.query(`INSERT INTO sign_in_failures (phone, client, last_at)
        SELECT '+1' || n, 'attacker', now() - interval '1 day' FROM generate_series(1, 25000) n;
      CREATE TABLE forgotten (rows int);

      CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO forgotten SELECT count(*) FROM gone; RETURN NULL; END $$;

      CREATE TRIGGER noted AFTER DELETE ON sign_in_failures REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION note();`);
    await services[0]!.app.get(ExpiredSweep).sweep();
    expect((await database.pool.query('SELECT rows FROM forgotten')).rows).toEqual([
      { rows: 10_000 },
      { rows: 10_000 },
      { rows: 5_000 },
    ]);
  });
});

describe('with more passwords than can be compared', () => {
  const outcome = (answer: Promise<unknown>): Promise<number> =>
    answer.then(
      () => 204,
      (error: unknown) => (error instanceof ProblemError ? error.problem.status : 504),
    );

  it('a code is still checked, and addresses with an earlier sign-in go first', async () => {
    expect(await signIn(ANN.password, HOME)).toEqual({ status: 200 });
    let attacksEnded = 0;
    const attack = Array.from({ length: 20 }, (_, n) =>
      outcome(
        client.request(
          SignIn,
          { phone: `+1666${1_000_000 + n}`, password: 'wrong', client: `203.0.113.${n}` },
          { deadlineMs: 60_000 },
        ),
      ).finally(() => attacksEnded++),
    );
    const [code, home] = await Promise.all([
      outcome(request(VerifyPhone, { userId: ANN.userId, code: '000000' })),
      signIn(ANN.password, HOME),
    ]);
    const endedBefore = attacksEnded;
    expect([[422, 429].includes(code), home, endedBefore < 10]).toEqual([true, { status: 200 }, true]);
    expect((await Promise.all(attack)).filter((status) => status !== 401)).toEqual([]);
  });
});

describe('the log of all these requests', () => {
  it('contains no password, no code, no token, and no full address, however a request fails', async () => {
    const { token } = await request(SignIn, { phone: ANN.phone, password: ANN.password, client: HOME });
    const code = String(received.of(AccountRegistered, ({ userId }) => userId === ANN.userId, 1)[0]!.code);
    const broken = 'correct horse battery';
    await publish(broker, SignUp, ANN, { body: `{"phone":"${ANN.phone}","password":"${broken}` });
    await publish(broker, SignIn, ANN_SIGNS_IN, {
      body: JSON.stringify({ phone: 'none', password: broken, pin: broken }),
      properties: { messageId: `password="${broken}"` },
    });
    await expect(
      request(VerifyPhone, { userId: ANN.userId, code: code === '000000' ? '000001' : '000000' }),
    ).rejects.toThrow('Wrong code');
    await request(VerifyPhone, { userId: ANN.userId, code });
    await eventually(() => expect(log.text().match(/MalformedError/g)).toHaveLength(2));
    expect(
      [ANN.password, 'wrong', broken, 'horse', code, token, HOME, ATTACKER].filter((secret) =>
        log.text().includes(secret),
      ),
    ).toEqual([]);
  });
});

const byStatus = (a: { status: number }, b: { status: number }): number => a.status - b.status;
