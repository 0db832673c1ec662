import { captureLog, eventually, testBroker, type CapturedLog, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { CardVault } from '../payments/card-vault.js';
import { ANN, call, startGateway, tokenOf, type Answer } from '../testing/gateway.js';
import { AccountsPeer, PaymentsPeer } from '../testing/peers.js';
import { startPeer } from '../testing/start-peer.js';

const PASSWORD = 'correct horse battery';
const [PAYS, DECLINED, UNKNOWN, SPACED, SHORT] = [
  '4242424242424242',
  '4000000000000002',
  '5555555555554444',
  '4111 1111 1111 1111',
  '501800000009',
];
const [CODE, WRONG_CODE] = ['123456', '987654'];
const NEW = { phone: '+15550000001', name: 'Ann', password: PASSWORD };

let broker: TestBroker;
let gateway: Gateway;
let log: CapturedLog;
let token = '';
const stops: (() => Promise<void>)[] = [];
const answers: Answer[] = [];

/** The gateway and its services log at the lowest level. */
beforeAll(async () => {
  log = captureLog();
  broker = await testBroker();
  const settings = { LOG_LEVEL: 'trace' };
  const payments = await startPeer(broker, 'payments', PaymentsPeer, settings);
  payments.peer.payable = ANN;
  const accounts = await startPeer(broker, 'accounts', AccountsPeer, settings);
  stops.push(payments.stop, accounts.stop);
  // Started last: all loggers of one process use the settings of the last one.
  gateway = await startGateway({ AMQP_URL: broker.url, ...settings });
  token = await tokenOf(ANN);
  await eventually(async () => expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 200 }));
});
afterAll(async () => {
  await gateway.stop();
  for (const stop of stops) await stop();
  await broker.close();
  log.release();
});

async function send(method: 'GET' | 'POST', url: string, given: Parameters<typeof call>[3] = {}): Promise<number> {
  const answer = await call(gateway, method, url, given);
  answers.push(answer);
  return answer.status;
}
const pay = (body: unknown, headers?: Record<string, string>) =>
  send('POST', `/orders/${ANN}/payment`, { as: token, body, ...(headers && { headers }) });

/** Values long enough not to occur by chance. */
const secrets = () => [
  PASSWORD,
  'correct horse',
  'horse battery',
  PAYS,
  DECLINED,
  UNKNOWN,
  SPACED,
  SPACED.replaceAll(' ', ''),
  SHORT,
  CODE,
  WRONG_CODE,
  token,
  token.split('.')[2]!,
];
const repeated = (text: string) => secrets().filter((secret) => text.includes(secret));

describe('secrets are sent', () => {
  it('when people sign up, sign in and verify their phone, or fail to', async () => {
    expect(await send('POST', '/users', { body: NEW })).toBe(201);
    expect(await send('POST', '/users', { body: { ...NEW, phone: 'none', again: PASSWORD } })).toBe(422);
    expect(await send('POST', '/sessions', { body: { phone: NEW.phone, password: PASSWORD } })).toBe(401);
    expect(await send('POST', '/sessions', { body: { phone: NEW.phone, password: 'a password' } })).toBe(201);
    expect(await send('POST', '/users/verification', { as: token, body: { code: WRONG_CODE } })).toBe(422);
    expect(await send('POST', '/users/verification', { as: token, body: { code: CODE } })).toBe(204);
  });

  it('with a card that is charged, declined, unknown or invalid', async () => {
    const statuses = [];
    for (const card of [PAYS, DECLINED, UNKNOWN, SPACED, Number(PAYS), SHORT, { number: PAYS }])
      statuses.push(await pay({ card }));
    expect(statuses).toEqual([200, 402, 422, 422, 422, 422, 422]);
  });

  it('when a body is broken, has another type or is too long', async () => {
    expect(await pay(`{"card":"${PAYS}`)).toBe(400);
    expect(await send('POST', '/sessions', { body: `{"phone":"+15550000001","password":"${PASSWORD}" "x"` })).toBe(400);
    expect(
      await send('POST', '/sessions', { body: `password=${PASSWORD}`, headers: { 'content-type': 'text/plain' } }),
    ).toBe(415);
    expect(await pay({ card: PAYS, note: PASSWORD.repeat(4_000) })).toBe(413);
  });

  it('in a URL or in a header where none belongs', async () => {
    expect(await send('GET', `/nowhere/${PAYS}?token=${token}&password=${encodeURIComponent(PASSWORD)}`)).toBe(404);
    expect(await send('GET', `/orders?cursor=${token}`, { as: token.slice(0, -1) })).toBe(401);
    expect(await send('GET', '/orders', { headers: { cookie: `token=${token}`, 'x-api-key': PAYS } })).toBe(401);
    expect(
      await send('POST', '/orders', { as: token, body: {}, headers: { 'idempotency-key': `${PAYS} ${PASSWORD}` } }),
    ).toBe(422);
  });

  it('to a handler that fails and repeats them in its error', async () => {
    expect(await send('POST', '/users', { body: { ...NEW, phone: '+15550000008' } })).toBe(500);
    const vault = gateway.app.get(CardVault);
    const { exchange } = vault;
    // Without the name `card`, a short number cannot be recognized as one.
    vault.exchange = (card) =>
      Promise.reject(
        new Error(
          `cannot exchange ${JSON.stringify({ card, password: PASSWORD })} of ${token} for ${card === SHORT ? 'it' : card}`,
        ),
      );
    try {
      for (const card of [PAYS, SHORT]) expect(await pay({ card })).toBe(500);
      // As the correlation id, the card number would be in every log line of the request.
      expect(await pay({ card: DECLINED }, { 'x-correlation-id': PAYS })).toBe(500);
    } finally {
      vault.exchange = exchange;
    }
  });
});

describe('of all that', () => {
  it('no problem repeats a secret', () => {
    const problems = answers.filter(({ status }) => status >= 400);
    expect(problems).toHaveLength(21);
    for (const { body } of problems) expect(repeated(JSON.stringify(body))).toEqual([]);
  });

  it('no log line repeats one, although all the faults are logged', () => {
    const lines = log
      .text()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { service: string; level: string; msg: string; correlationId?: string });
    const faults = lines.filter(({ msg }) => /cannot (store|exchange)/.test(msg));
    expect(
      faults.filter(({ msg }) => msg.includes('cannot store {"phone":"+15550000008","name":"Ann","password":[secret]')),
    ).not.toEqual([]);
    expect(
      faults.filter(({ msg }) => msg.includes('cannot exchange {"card":"[card]","password":[secret]} of [token] for')),
    ).toHaveLength(3);
    expect(faults.at(-1)).toMatchObject({ service: 'gateway', correlationId: '[card]' });
    expect(repeated(log.text())).toEqual([]);
  });
});
