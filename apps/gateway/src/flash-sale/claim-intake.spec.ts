import { randomUUID } from 'node:crypto';
import { ClaimPiece, SaleChanged } from '@sluice/contracts';
import { encode, Publisher } from '@sluice/messaging';
import { depth, eventually, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Gateway } from '../gateway.js';
import { fromNow, saleOf } from '../testing/flash-sale-peer.js';
import { ADDRESS, ANN, BOB, call, order, startGateway, tokenOf, type Answer } from '../testing/gateway.js';
import { OrdersPeer } from '../testing/orders-peer.js';
import { announce, claim, startSaleGateway } from '../testing/sales.js';
import { startPeer } from '../testing/start-peer.js';

const LIMIT = 20;
const QUEUE = 'flash-sale.claims';
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

let broker: TestBroker;
let gateways: [Gateway, Gateway];
let gateway: Gateway;
let [ann, bob] = ['', ''];

/** No consumer on the claim queue, so that tests can read the claims in it. */
beforeAll(async () => {
  broker = await testBroker({ flashSaleQueueLimit: LIMIT });
  gateway = await startSaleGateway(broker, { REPLY_TIMEOUT_MS: '200' });
  gateways = [gateway, await startSaleGateway(broker, { REPLY_TIMEOUT_MS: '200' })];
  [ann, bob] = await Promise.all([tokenOf(ANN), tokenOf(BOB)]);
});
beforeEach(() => emptyLine());
afterAll(async () => {
  await Promise.all(gateways.map((one) => one.stop()));
  await broker.close();
});

async function emptyLine(): Promise<void> {
  const channel = await broker.connection.createChannel();
  await channel.purgeQueue(QUEUE);
  await channel.close();
}

async function inLine(queue = QUEUE): Promise<{ data: unknown; properties: { headers?: Record<string, unknown> } }[]> {
  const channel = await broker.connection.createChannel();
  const messages = [];
  for (
    let message = await channel.get(queue, { noAck: true });
    message;
    message = await channel.get(queue, { noAck: true })
  ) {
    messages.push({ data: JSON.parse(message.content.toString()) as unknown, properties: message.properties });
  }
  await channel.close();
  return messages;
}

const tokens = (count: number): Promise<string[]> =>
  Promise.all(Array.from({ length: count }, () => tokenOf(randomUUID())));
const statuses = (answers: Answer[]): Record<number, number> => {
  const counted: Record<number, number> = {};
  for (const { status } of answers) counted[status] = (counted[status] ?? 0) + 1;
  return counted;
};
const fill = async (saleId: string): Promise<Answer[]> =>
  Promise.all((await tokens(LIMIT)).map((token) => claim(gateway, saleId, token)));

describe('a claim on an open sale', () => {
  it('is 202 with a ticket, its position and its URL', async () => {
    const { id } = await announce(gateways);
    const answer = await claim(gateway, id, ann);
    expect(answer).toMatchObject({ status: 202, body: { ticket: expect.any(String), status: 'waiting', ahead: 0 } });
    expect(answer.headers['location']).toBe(`/flash-sales/${id}/claims/${String(answer.body['ticket'])}?entry=0.0`);
    expect(await claim(gateway, id, bob)).toMatchObject({ status: 202, body: { ahead: 1 } });
  });

  it('reaches flash-sale as a message that fits its contract, with the correlation id of its request', async () => {
    const { id: saleId } = await announce(gateways, { round: 4 });
    await claim(gateway, saleId, ann, { 'x-correlation-id': 'click-7' });
    const [message] = await inLine();
    expect(ClaimPiece.schema.parse(message?.data)).toEqual({ saleId, userId: ANN, round: 4, address: ADDRESS });
    expect(message?.properties).toMatchObject({
      type: 'flash-sale.claim',
      deliveryMode: 2,
      headers: { version: 1, 'correlation-id': 'click-7' },
    });
    expect(message?.properties.headers).not.toHaveProperty('timeout-ms');
  });

  it('returns the same ticket for a repeated claim, on any gateway, and another ticket to another user', async () => {
    const [one, other] = [await announce(gateways), await announce(gateways)];
    const twice = await Promise.all(
      gateways.flatMap((each) => [claim(each, one.id, ann), claim(each, one.id.toUpperCase(), ann)]),
    );
    expect(new Set(twice.map(({ body }) => body['ticket'])).size).toBe(1);
    const others = [await claim(gateway, one.id, bob), await claim(gateway, other.id, ann)];
    expect(new Set([...twice, ...others].map(({ body }) => body['ticket'])).size).toBe(3);
  });

  it('is 401 without a token, 422 with an invalid address, 404 with an invalid id', async () => {
    const { id } = await announce(gateways);
    expect(await call(gateway, 'POST', `/flash-sales/${id}/claims`, { body: { address: ADDRESS } })).toMatchObject({
      status: 401,
    });
    const claimWith = (body: unknown) => call(gateway, 'POST', `/flash-sales/${id}/claims`, { as: ann, body });
    expect(await claimWith({ address: { ...ADDRESS, city: ' ' } })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'address.city' }] },
    });
    expect(await claimWith({ address: ADDRESS, round: 1 })).toMatchObject({ status: 422 });
    expect(await claim(gateway, 'none', ann)).toMatchObject({ status: 404 });
    expect(await depth(broker, QUEUE)).toBe(0);
  });
});

describe('a sale that is not open', () => {
  it.each([
    ['scheduled', 425, { opensAt: fromNow(60_000) }],
    ['sold-out', 410, { remaining: 0 }],
    ['closed', 410, {}],
    ['open', 410, { closesAt: fromNow(-1) }],
    ['sold-out', 410, { closesAt: fromNow(-1) }],
  ] as const)('refuses claims at the gateway, and lets none into the queue (%s, %d)', async (state, status, change) => {
    const { id } = await announce(gateways, { state, ...change });
    for (const accept of ['application/json', BROWSER])
      expect(await claim(gateway, id, ann, { accept })).toMatchObject({ status, body: { status } });
    // The body is invalid and not checked.
    expect(await call(gateway, 'POST', `/flash-sales/${id.toUpperCase()}/claims`, { as: ann, body: {} })).toMatchObject(
      { status },
    );
    expect(await call(gateway, 'POST', `/flash-sales/${id}/claims`)).toMatchObject({ status: 401 });
    expect(await depth(broker, QUEUE)).toBe(0);
  });

  it('opens by the clock, without a fact from flash-sale', async () => {
    const { id } = await announce(gateways, { state: 'scheduled', round: 0, opensAt: fromNow(1_000) });
    expect(await claim(gateway, id, ann)).toMatchObject({ status: 425 });
    const answer = await eventually(async () => {
      const open = await claim(gateway, id, ann);
      expect(open.status).toBe(202);
      return open;
    });
    const { round } = await announce(gateways, { id, state: 'open', round: 1, version: 3 });
    expect([round, (await claim(gateway, id, ann)).body['ticket']]).toEqual([1, answer.body['ticket']]);
  });

  it.each([
    ['ahead', 600_000],
    ['behind', -600_000],
  ])('opens and closes by the clock of flash-sale, with that of the gateway ten minutes %s', async (_, wrongByMs) => {
    const token = await tokenOf(ANN, { expiresIn: 3_600 });
    const [began, opensAt, closesAt] = [performance.now(), fromNow(1_500), fromNow(3_000)];
    const since = () => performance.now() - began;
    const { id } = await announce(gateways, { state: 'scheduled', round: 0, opensAt, closesAt });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + wrongByMs, shouldAdvanceTime: true });
    const untilStatus = async (status: number) =>
      eventually(async () => expect((await claim(gateway, id, token)).status).toBe(status)).then(since);
    const [first, opened, closed] = [
      (await claim(gateway, id, token)).status,
      await untilStatus(202),
      await untilStatus(410),
    ];
    vi.useRealTimers();
    expect(first).toBe(425);
    expect([opened, closed]).toEqual([expect.closeTo(1_750, -3), expect.closeTo(3_250, -3)]);
    expect([opened >= 1_490, closed >= 2_990]).toEqual([true, true]);
  });

  it('accepts claims again when it reopens, with another ticket', async () => {
    const { id } = await announce(gateways, { version: 2 });
    const before = await claim(gateway, id, ann);
    await announce(gateways, { id, state: 'sold-out', remaining: 0, version: 9 });
    expect(await claim(gateway, id, ann)).toMatchObject({ status: 410 });
    await announce(gateways, { id, state: 'open', remaining: 1, round: 2, version: 10 });
    const after = await claim(gateway, id, ann);
    expect([before.status, after.status]).toEqual([202, 202]);
    expect(after.body['ticket']).not.toBe(before.body['ticket']);
    expect(await inLine()).toMatchObject([{ data: { round: 1 } }, { data: { round: 2 } }]);
  });
});

describe('a claim queue that is full', () => {
  it('holds exactly its limit of claims from all gateways together, and the others are refused', async () => {
    const { id } = await announce(gateways);
    const answers = await Promise.all((await tokens(5 * LIMIT)).map((token, n) => claim(gateways[n % 2]!, id, token)));
    expect(statuses(answers)).toEqual({ 202: LIMIT, 429: 4 * LIMIT });
    expect(await depth(broker, QUEUE)).toBe(LIMIT);
    const refused = answers.filter(({ status }) => status === 429);
    for (const { headers, body } of refused) {
      expect([headers['content-type'], body['status']]).toEqual([
        expect.stringContaining('application/problem+json'),
        429,
      ]);
      expect(['1', '2', '3']).toContain(headers['retry-after']);
    }
    expect(new Set(refused.map(({ headers }) => headers['retry-after'])).size).toBeGreaterThan(1);
    await emptyLine();
    expect(await claim(gateway, id, ann)).toMatchObject({ status: 202 });
  });

  it('redirects a browser to a busy page without external resources', async () => {
    const { id } = await announce(gateways);
    await fill(id);
    const answer = await claim(gateway, id, ann, { accept: BROWSER });
    expect(answer).toMatchObject({ status: 303, headers: { location: '/busy' }, body: {} });
    const page = await gateway.app.inject({ method: 'GET', url: '/busy' });
    expect(page).toMatchObject({
      statusCode: 200,
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      },
    });
    expect(page.body).not.toMatch(/(src|href)=|https?:/);
  });

  it('does not delay orders, however many claims are refused meanwhile', async () => {
    const { id } = await announce(gateways);
    await fill(id);
    const orders = await startPeer(broker, 'orders', OrdersPeer);
    const patient = await startSaleGateway(broker, { REPLY_TIMEOUT_MS: '10000' });
    const knocking = (await tokens(400)).map((token) => claim(patient, id, token));
    const placed = await Promise.all(
      Array.from({ length: 10 }, () => call(patient, 'POST', '/orders', { as: ann, body: order() })),
    );
    expect([statuses(placed), statuses(await Promise.all(knocking))]).toEqual([{ 201: 10 }, { 429: 400 }]);
    await Promise.all([patient.stop(), orders.stop()]);
  });
});

describe('a gateway without a broker', () => {
  it('is 503 with Retry-After, at once', async () => {
    const alone = await startGateway({ AMQP_URL: 'amqp://127.0.0.1:1' });
    const before = performance.now();
    const answer = await claim(alone, randomUUID(), ann);
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(performance.now() - before).toBeLessThan(1_000);
    await alone.stop();
  });
});

describe('the instant at which a request was accepted', () => {
  const FAR = '2031-02-03T04:05:06.000Z';
  const stampOf = async (queue?: string) => (await inLine(queue)).at(-1)?.properties.headers?.['accepted-at'];
  const isNear = (stamp: unknown) =>
    expect(Date.parse(String(stamp)) - Date.parse(FAR)).toSatisfy((ms: number) => ms >= 0 && ms < 10_000);

  it('is by the clock of the facts, not of this machine, and is not sent before the first fact', async () => {
    const fresh = await startGateway({ AMQP_URL: broker.url, REPLY_TIMEOUT_MS: '100' });
    const pay = () => call(fresh, 'POST', `/orders/${ANN}/payment`, { as: ann, body: { card: '4242424242424242' } });
    await eventually(async () => expect(await pay()).toMatchObject({ status: 202 }));
    expect(await stampOf('payments.commands')).toBeUndefined();
    const sale = saleOf({ id: randomUUID(), closesAt: '2031-03-03T00:00:00.000Z' });
    const fact = encode(SaleChanged(sale), {
      id: randomUUID(),
      time: FAR,
      correlationId: 'said',
      source: 'flash-sale',
    });
    await eventually(async () => {
      await fresh.app.get(Publisher).publish(fact);
      await pay();
      isNear(await stampOf('payments.commands'));
    });
    expect((await claim(fresh, sale.id, bob)).status).toBe(202);
    isNear(await stampOf());
    await fresh.stop();
  });
});
