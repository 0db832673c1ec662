import { randomUUID } from 'node:crypto';
import { ClaimDecided, type ClaimResult } from '@sluice/contracts';
import { eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { listenTo, type OpenEventSource } from '../testing/event-source.js';
import { FlashSalePeer, ticketKey } from '../testing/flash-sale-peer.js';
import { ANN, BOB, call, tokenOf } from '../testing/gateway.js';
import { claim, startSaleGateway } from '../testing/sales.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

const ORDER = '00000000-0000-7000-8000-0000000000ff';
const WON: ClaimResult = { status: 'won', orderId: ORDER };

let broker: TestBroker;
let peer: Peer<FlashSalePeer>;
/** `listening` receives facts and does not poll; `polling` also reads every 100 ms. */
let listening: Gateway;
let polling: Gateway;
let [ann, bob] = ['', ''];
const opened: OpenEventSource[] = [];

beforeAll(async () => {
  broker = await testBroker();
  peer = await startPeer(broker, 'flash-sale', FlashSalePeer);
  listening = await startSaleGateway(broker);
  polling = await startSaleGateway(broker, { STREAM_REFRESH_MS: '100' });
  [ann, bob] = await Promise.all([tokenOf(ANN), tokenOf(BOB)]);
});
afterEach(() => {
  for (const stream of opened.splice(0)) stream.cut();
});
afterAll(async () => {
  await Promise.all([listening.stop(), polling.stop()]);
  await peer.stop();
  await broker.close();
});

interface Waiting {
  saleId: string;
  /** URL of the ticket, with the entry hint. */
  location: string;
  ticket: string;
}

async function inLine(saleId = peer.peer.change({ id: randomUUID() }).id, as = ann): Promise<Waiting> {
  const { status, headers, body } = await claim(listening, saleId, as);
  expect(status).toBe(202);
  return { saleId, location: String(headers['location']), ticket: String(body['ticket']) };
}
const see = (location: string, as = ann) => call(listening, 'GET', location, { as });
async function follow(
  location: string,
  { gateway = listening, as = ann, lastEventId }: { gateway?: Gateway; as?: string; lastEventId?: number } = {},
): Promise<OpenEventSource> {
  const [path, query] = location.split('?');
  const stream = await listenTo(gateway, `${path}/stream?${query ?? ''}`, {
    as,
    ...(lastEventId !== undefined && { lastEventId }),
  });
  opened.push(stream);
  return stream;
}
const received = (stream: OpenEventSource): string[] => stream.events().map(({ event }) => event);
const receives = (stream: OpenEventSource, events: string[]): Promise<void> =>
  eventually(() => expect(received(stream)).toEqual(events));

/** Sets the result of a claim and publishes it, unless `lost`. */
async function decide(
  saleId: string,
  result: ClaimResult,
  { userId = ANN, round = 1, lost = false } = {},
): Promise<void> {
  peer.peer.results.set(ticketKey({ saleId, userId, round }), result);
  if (!lost) await publish(broker, ClaimDecided, { saleId, userId, round, ...result });
}

describe('a ticket', () => {
  it.each([
    [{ status: 'waiting' }, { status: 'waiting', ahead: expect.any(Number) }],
    [WON, WON],
    [
      { status: 'lost', reason: 'sold_out' },
      { status: 'lost', reason: 'sold_out' },
    ],
    [
      { status: 'expired', orderId: ORDER, reason: 'payment_timeout' },
      { status: 'expired', orderId: ORDER, reason: 'payment_timeout' },
    ],
  ] as [ClaimResult, object][])('returns the result of its claim: %o', async (result, positions) => {
    const { saleId, location } = await inLine();
    await decide(saleId, result, { lost: true });
    expect(await see(location)).toMatchObject({ status: 200, body: positions });
    expect((await see(location.split('?')[0]!)).body).toEqual(positions);
  });

  it('is 404 for another user, in another sale, when it is forged, and 401 without a token', async () => {
    const [mine, other] = [await inLine(), await inLine()];
    const forged = mine.ticket.replace(/^1/, '2');
    for (const path of ['', '/stream']) {
      const at = (saleId: string, ticket: string) => `/flash-sales/${saleId}/claims/${ticket}${path}`;
      expect(await see(at(mine.saleId, mine.ticket), bob)).toMatchObject({ status: 404 });
      for (const [saleId, ticket] of [
        [other.saleId, mine.ticket],
        [mine.saleId, forged],
        [mine.saleId, 'ticket'],
        ['sale', mine.ticket],
      ] as const) {
        expect(await see(at(saleId, ticket))).toMatchObject({ status: 404, body: { status: 404 } });
      }
      expect(await call(listening, 'GET', at(mine.saleId, mine.ticket))).toMatchObject({ status: 401 });
    }
  });

  it.each(['entry=x', 'entry=1.2.3'])('is 422 with an invalid entry hint: ?%s', async (query) => {
    const { location } = await inLine();
    expect(await see(`${location.split('?')[0]}?${query}`)).toMatchObject({ status: 422 });
  });

  it('is readable with any other parameter in its URL', async () => {
    const { location } = await inLine();
    expect(await see(`${location.split('?')[0]}?place=1&utm_source=newsletter`)).toMatchObject({
      status: 200,
      body: { status: 'waiting' },
    });
  });
});

describe('the stream of a ticket', () => {
  it('sends that it is waiting, then that it has won, and ends', async () => {
    const { saleId, location } = await inLine();
    const stream = await follow(location);
    expect(stream).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    });
    await receives(stream, ['waiting']);
    await decide(saleId, WON);
    expect(await stream.ended).toBe(true);
    expect(stream.events()).toEqual([
      { id: '', event: 'waiting', data: { status: 'waiting', ahead: expect.any(Number) } },
      { id: '1', event: 'won', data: WON },
    ]);
  });

  it.each([
    { status: 'lost', reason: 'sold_out' },
    { status: 'expired', orderId: ORDER, reason: 'payment_timeout' },
  ] as ClaimResult[])('sends every other result as well, and ends: %o', async (result) => {
    const { saleId, location } = await inLine();
    const stream = await follow(location);
    await receives(stream, ['waiting']);
    await decide(saleId, result);
    expect(await stream.ended).toBe(true);
    expect(stream.events().at(-1)).toMatchObject({ event: result.status, data: result });
  });

  it('sends an earlier result at once, and is 204 to a client that has received it', async () => {
    const { saleId, location } = await inLine();
    await decide(saleId, WON, { lost: true });
    const stream = await follow(location);
    expect(await stream.ended).toBe(true);
    expect(received(stream)).toEqual(['won']);
    expect(await follow(location, { lastEventId: 1 })).toMatchObject({ status: 204 });
    await decide(saleId, { ...WON, status: 'expired' }, { lost: true });
    const later = await follow(location, { lastEventId: 1 });
    expect(await later.ended).toBe(true);
    expect(later.events()).toMatchObject([{ id: '2', event: 'expired' }]);
    expect(await follow(location, { lastEventId: 2 })).toMatchObject({ status: 204 });
  });

  it('is 400 after an event that it cannot have sent', async () => {
    const { saleId, location } = await inLine();
    for (const lastEventId of [1, 2, 3, 999])
      expect(await follow(location, { lastEventId })).toMatchObject({
        status: 400,
        headers: { 'content-type': expect.stringContaining('application/problem+json') },
      });
    await decide(saleId, WON, { lost: true });
    for (const lastEventId of [2, 3]) expect(await follow(location, { lastEventId })).toMatchObject({ status: 400 });
    expect(await follow(location, { lastEventId: 1 })).toMatchObject({ status: 204 });
  });

  it('receives no facts of other users, sales and rounds', async () => {
    const [{ saleId, location }, other] = [await inLine(), await inLine()];
    const stream = await follow(location);
    await receives(stream, ['waiting']);
    await decide(saleId, WON, { userId: BOB });
    await decide(other.saleId, WON);
    await decide(saleId, WON, { round: 2 });
    await decide(saleId, { status: 'lost', reason: 'sold_out' });
    expect(await stream.ended).toBe(true);
    expect(received(stream)).toEqual(['waiting', 'lost']);
  });

  it('sends the result without a fact', async () => {
    const { saleId, location } = await inLine();
    const stream = await follow(location, { gateway: polling });
    await eventually(() => expect(received(stream)).toContain('waiting'));
    await decide(saleId, WON, { lost: true });
    expect(await stream.ended).toBe(true);
    expect(received(stream).at(-1)).toBe('won');
  });

  it('sends nothing without a change, however often it reads', async () => {
    const { location } = await inLine();
    const stream = await follow(location, { gateway: polling });
    const before = peer.peer.checks;
    const reads = peer.peer.tickets;
    // Long enough for several equal positions, if they were sent.
    await eventually(() => expect(peer.peer.checks).toBeGreaterThan(before + 20));
    expect(peer.peer.tickets).toBe(reads);
    const positions = stream.events().map(({ data }) => data);
    expect(positions.length).toBeGreaterThan(0);
    for (const [n, place] of positions.entries()) expect(place).not.toEqual(positions[n - 1]);
  });

  it('resumes after a disconnect, and after the connection for facts broke', async () => {
    const { saleId, location } = await inLine();
    (await follow(location)).cut();
    const stream = await follow(location);
    await receives(stream, ['waiting']);
    await broker.management.closeConnectionsNamed('gateway listens', 2);
    await decide(saleId, WON);
    expect(await stream.ended).toBe(true);
    expect(received(stream)).toEqual(['waiting', 'won']);
  });
});

describe('a gateway that is stopping', () => {
  it('ends the streams of tickets at once', async () => {
    const draining = await startSaleGateway(broker);
    const { location } = await inLine();
    const streams = await Promise.all([
      follow(location, { gateway: draining }),
      follow(location, { gateway: draining }),
    ]);
    for (const stream of streams) await receives(stream, ['waiting']);
    const before = performance.now();
    await draining.stop();
    expect(performance.now() - before).toBeLessThan(2_000);
    for (const stream of streams) expect(await stream.ended).toBe(true);
  });
});
