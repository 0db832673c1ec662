import { randomUUID } from 'node:crypto';
import { TokensRevoked, type Revocation } from '@sluice/contracts';
import { eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { listenTo } from '../testing/event-source.js';
import { call, order, startGateway, tokenOf } from '../testing/gateway.js';
import { OrdersPeer } from '../testing/orders-peer.js';
import { AccountsPeer } from '../testing/peers.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

/** An interval so long that only a fact can have caused a change in a test. */
const SELDOM = { REVOCATIONS_REFRESH_MS: '600000' };
const TOMORROW = new Date(Date.now() + 86_400_000).toISOString();

let broker: TestBroker;
let accounts: Peer<AccountsPeer>;
let orders: Peer<OrdersPeer>;
let [one, other]: Gateway[] = [];
const started: Gateway[] = [];

const start = async (settings: Record<string, string> = SELDOM): Promise<Gateway> => {
  const gateway = await startGateway({ AMQP_URL: broker.url, ...settings });
  started.push(gateway);
  await eventually(async () => expect(await call(gateway, 'GET', '/readyz')).toMatchObject({ status: 200 }));
  return gateway;
};
beforeAll(async () => {
  broker = await testBroker();
  [accounts, orders] = await Promise.all([
    startPeer(broker, 'accounts', AccountsPeer),
    startPeer(broker, 'orders', OrdersPeer),
  ]);
  [one, other] = await Promise.all([start(), start()]);
  await eventually(() => expect(accounts.peer.lists).toBeGreaterThanOrEqual(2));
});
afterEach(async () => {
  await Promise.all(started.splice(2).map((gateway) => gateway.stop()));
  accounts.peer.revoked.length = 0;
});
afterAll(async () => {
  await Promise.all(started.map((gateway) => gateway.stop()));
  await Promise.all([accounts.stop(), orders.stop()]);
  await broker.close();
});

const statusOf = async (gateway: Gateway, token: string) =>
  (await call(gateway, 'GET', '/orders', { as: token })).status;
const becomes = (gateway: Gateway, token: string, status: number) =>
  eventually(async () => expect(await statusOf(gateway, token)).toBe(status));
/** Publishes a revocation as accounts does after its commit. */
const announce = (revocation: Revocation) => publish(broker, TokensRevoked, { ...revocation, version: 1 });

describe('people', () => {
  it('sign up as the same user under the same key, for one phone number', async () => {
    const signUp = (phone: string, key?: string) =>
      call(one!, 'POST', '/users', {
        body: { name: 'Ann', password: 'a password', phone },
        ...(key && { headers: { 'idempotency-key': key } }),
      });
    const ids = (
      await Promise.all([
        signUp('+15550000001', 'one'),
        signUp('+15550000001', 'one'),
        signUp('+15550000002', 'one'),
        signUp('+15550000001', 'two'),
        signUp('+15550000001'),
      ])
    ).map(({ body }) => body['id']);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(4);
  });

  it('request another code, and get 429 when it is too soon', async () => {
    expect(await call(one!, 'POST', '/users/verification/resend', { as: await tokenOf(randomUUID()) })).toMatchObject({
      status: 429,
      headers: { 'retry-after': '42' },
    });
    expect(await call(one!, 'POST', '/users/verification/resend')).toMatchObject({ status: 401 });
  });

  it('have their role changed by an admin only', async () => {
    const change = (as: string, role: string) =>
      call(one!, 'PUT', `/users/${randomUUID()}/role`, { as, body: { role } });
    const [admin, ann] = await Promise.all([tokenOf(randomUUID(), { role: 'admin' }), tokenOf(randomUUID())]);
    expect(
      (await Promise.all([change(admin, 'admin'), change(ann, 'admin'), change(admin, 'root')])).map(
        ({ status }) => status,
      ),
    ).toEqual([204, 403, 422]);
  });
});

describe('signing out', () => {
  it.each([
    ['has a name', { jti: randomUUID() }],
    ['has none', {}],
  ])('makes a token that %s void at once, and no other of its user', async (_, claims) => {
    const [userId, elsewhere] = [randomUUID(), randomUUID()];
    const [token, kept] = await Promise.all([tokenOf(userId, claims), tokenOf(userId, { jti: elsewhere })]);
    expect(await statusOf(one!, token)).toBe(200);
    expect((await call(one!, 'DELETE', '/sessions/current', { as: token })).status).toBe(204);
    expect([await statusOf(one!, token), await statusOf(one!, kept)]).toEqual([401, 200]);
    // The answer may have been lost.
    expect((await call(one!, 'DELETE', '/sessions/current', { as: token })).status).toBe(204);
    expect((await call(one!, 'DELETE', '/sessions/current')).status).toBe(401);
  });

  it('is effective for another spelling of the signature', async () => {
    const token = await tokenOf(randomUUID());
    // The last of 86 characters holds 2 bits of the 64 bytes, and 4 that are ignored.
    const last = token.at(-1)!;
    const respelled = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
      .map((character) => token.slice(0, -1) + character)
      .filter((spelling) => spelling.at(-1) !== last);
    const spellings = (
      await Promise.all(respelled.map(async (spelling) => ((await statusOf(one!, spelling)) === 200 ? [spelling] : [])))
    ).flat();
    await call(one!, 'DELETE', '/sessions/current', { as: token });
    for (const spelling of [token, ...spellings]) expect(await statusOf(one!, spelling)).toBe(401);
  });

  it('ends the streams that were opened with the token', async () => {
    const userId = randomUUID();
    const token = await tokenOf(userId, { jti: randomUUID() });
    await one!.app.listen(0, '127.0.0.1');
    const { body } = await call(one!, 'POST', '/orders', { as: token, body: order() });
    const stream = await listenTo(one!, `/orders/${String(body['id'])}/stream`, { as: token });
    await eventually(() => expect(stream.events()).not.toEqual([]));
    await call(one!, 'DELETE', '/sessions/current', { as: token });
    expect(await stream.ended).toBe(true);
  });
});

describe('a changed password', () => {
  it('makes all tokens void at once, except the one that it was changed with', async () => {
    const userId = randomUUID();
    const [mine, others, later] = await Promise.all([
      tokenOf(userId, { jti: randomUUID() }),
      tokenOf(userId, { jti: randomUUID() }),
      tokenOf(userId, { epoch: 1 }),
    ]);
    const change = (current: string) =>
      call(one!, 'POST', '/me/password', { as: mine, body: { current, new: 'another password' } });
    expect((await change('wrong')).status).toBe(403);
    expect(await statusOf(one!, others)).toBe(200);
    expect((await change('a password')).status).toBe(204);
    expect([await statusOf(one!, mine), await statusOf(one!, others), await statusOf(one!, later)]).toEqual([
      200, 401, 200,
    ]);
  });

  it('is refused if sign-up would refuse it', async () => {
    const mine = await tokenOf(randomUUID());
    expect(
      (await call(one!, 'POST', '/me/password', { as: mine, body: { current: 'a password', new: 'short' } })).status,
    ).toBe(422);
  });
});

describe('a token that was revoked elsewhere', () => {
  it('is void on every gateway as soon as accounts publishes it', async () => {
    const [userId, tokenId] = [randomUUID(), randomUUID()];
    const token = await tokenOf(userId, { jti: tokenId });
    expect([await statusOf(one!, token), await statusOf(other!, token)]).toEqual([200, 200]);
    await announce({ userId, tokenId, expiresAt: TOMORROW });
    await Promise.all([becomes(one!, token, 401), becomes(other!, token, 401)]);
  });

  it('is void by the latest of several facts, whatever order they arrive in', async () => {
    const [userId, kept] = [randomUUID(), randomUUID()];
    const [former, latter] = await Promise.all([
      tokenOf(userId, { jti: kept, epoch: 0 }),
      tokenOf(userId, { epoch: 1 }),
    ]);
    await announce({ userId, minEpoch: 2, expiresAt: TOMORROW });
    await becomes(one!, latter, 401);
    await announce({ userId, minEpoch: 1, keep: kept, expiresAt: TOMORROW });
    await announce({ userId: randomUUID(), minEpoch: 1, expiresAt: TOMORROW });
    expect([await statusOf(one!, former), await statusOf(one!, latter)]).toEqual([401, 401]);
  });

  it('is void on a gateway that starts later, and on one that missed the fact', async () => {
    const [userId, tokenId] = [randomUUID(), randomUUID()];
    const token = await tokenOf(userId, { jti: tokenId });
    const often = await start({ REVOCATIONS_REFRESH_MS: '50' });
    expect(await statusOf(often, token)).toBe(200);
    accounts.peer.revoked.push({ userId, tokenId, expiresAt: TOMORROW });
    await becomes(often, token, 401);
    await becomes(await start(), token, 401);
    expect(await statusOf(one!, token)).toBe(200);
  });
});

describe('a gateway that starts while accounts is down', () => {
  it('accepts tokens until it has read the revocations, or, when they are required, none', async () => {
    const [userId, tokenId] = [randomUUID(), randomUUID()];
    const [token, good] = await Promise.all([
      tokenOf(userId, { jti: tokenId }),
      tokenOf(userId, { jti: randomUUID() }),
    ]);
    await accounts.stop();
    const [open, closed] = await Promise.all([
      start({ REVOCATIONS_REFRESH_MS: '50', REPLY_TIMEOUT_MS: '200' }),
      start({ REVOCATIONS_REFRESH_MS: '50', REPLY_TIMEOUT_MS: '200', REVOCATIONS_REQUIRED: 'true' }),
    ]);
    const refused = await call(closed, 'GET', '/orders', { as: good });
    expect([await statusOf(open, token), refused.status, refused.headers['retry-after']]).toEqual([200, 503, '1']);
    expect((await call(open, 'DELETE', '/sessions/current', { as: token })).status).toBe(503);
    expect((await call(closed, 'GET', '/readyz', { as: good })).status).toBe(200);
    accounts = await startPeer(broker, 'accounts', AccountsPeer);
    accounts.peer.revoked.push({ userId, tokenId, expiresAt: TOMORROW });
    await Promise.all([becomes(open, token, 401), becomes(closed, token, 401), becomes(closed, good, 200)]);
  });
});
