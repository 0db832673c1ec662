import { randomUUID } from 'node:crypto';
import { ClaimDecided, type ClaimResult } from '@sluice/contracts';
import { eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from './gateway.js';
import { listenTo, type OpenEventSource } from './testing/event-source.js';
import { FlashSalePeer, ticketKey } from './testing/flash-sale-peer.js';
import { ANN, BOB, call, tokenOf } from './testing/gateway.js';
import { claim, startSaleGateway } from './testing/sales.js';
import { startPeer, type Peer } from './testing/start-peer.js';

const ORDER = '00000000-0000-7000-8000-0000000000ff';
const WON: ClaimResult = { status: 'won', orderId: ORDER };

let broker: TestBroker;
let peer: Peer<FlashSalePeer>;
/** Hears facts only; reads every so often only. */
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
  /** Its address, with the hint. */
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
const hears = (stream: OpenEventSource, events: string[]): Promise<void> =>
  eventually(() => expect(received(stream)).toEqual(events));

/** Flash-sale decides, and says so unless that is lost. */
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
  ] as [ClaimResult, object][])('tells what became of its claim: %o', async (result, positions) => {
    const { saleId, location } = await inLine();
    await decide(saleId, result, { lost: true });
    expect(await see(location)).toMatchObject({ status: 200, body: positions });
    expect((await see(location.split('?')[0]!)).body).toEqual(positions);
  });

  it('is 404 for somebody else, in another sale, when it is made up, and 401 without a token', async () => {
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

  it.each(['entry=x', 'entry=1.2.3'])('is 422 with an address that no claim was answered with: ?%s', async (query) => {
    const { location } = await inLine();
    expect(await see(`${location.split('?')[0]}?${query}`)).toMatchObject({ status: 422 });
  });

  it('is seen whatever else stands in its address', async () => {
    const { location } = await inLine();
    expect(await see(`${location.split('?')[0]}?place=1&utm_source=newsletter`)).toMatchObject({
      status: 200,
      body: { status: 'waiting' },
    });
  });
});

describe('the stream of a ticket', () => {
  it('tells that it waits, then that it has won, and ends', async () => {
    const { saleId, location } = await inLine();
    const stream = await follow(location);
    expect(stream).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    });
    await hears(stream, ['waiting']);
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
  ] as ClaimResult[])('tells every other end as well, and ends: %o', async (result) => {
    const { saleId, location } = await inLine();
    const stream = await follow(location);
    await hears(stream, ['waiting']);
    await decide(saleId, result);
    expect(await stream.ended).toBe(true);
    expect(stream.events().at(-1)).toMatchObject({ event: result.status, data: result });
  });

  it('tells at once what was decided before, and is 204 to who has heard it', async () => {
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

  it('is 400 after an event that it cannot have had', async () => {
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

  it('hears nothing of other users, sales and rounds', async () => {
    const [{ saleId, location }, other] = [await inLine(), await inLine()];
    const stream = await follow(location);
    await hears(stream, ['waiting']);
    await decide(saleId, WON, { userId: BOB });
    await decide(other.saleId, WON);
    await decide(saleId, WON, { round: 2 });
    await decide(saleId, { status: 'lost', reason: 'sold_out' });
    expect(await stream.ended).toBe(true);
    expect(received(stream)).toEqual(['waiting', 'lost']);
  });

  it('does not need a fact to tell the end', async () => {
    const { saleId, location } = await inLine();
    const stream = await follow(location, { gateway: polling });
    await eventually(() => expect(received(stream)).toContain('waiting'));
    await decide(saleId, WON, { lost: true });
    expect(await stream.ended).toBe(true);
    expect(received(stream).at(-1)).toBe('won');
  });

  it('says nothing when there is nothing new, however often it asks', async () => {
    const { location } = await inLine();
    const stream = await follow(location, { gateway: polling });
    const before = peer.peer.tickets;
    // Time enough to say it several times.
    await eventually(() => expect(peer.peer.tickets).toBeGreaterThan(before + 20));
    const positions = stream.events().map(({ data }) => data);
    expect(positions.length).toBeGreaterThan(0);
    for (const [n, place] of positions.entries()) expect(place).not.toEqual(positions[n - 1]);
  });

  it('goes on after a cut, and after the connection that facts come over broke', async () => {
    const { saleId, location } = await inLine();
    (await follow(location)).cut();
    const stream = await follow(location);
    await hears(stream, ['waiting']);
    await broker.management.closeConnectionsNamed('gateway listens', 2);
    await decide(saleId, WON);
    expect(await stream.ended).toBe(true);
    expect(received(stream)).toEqual(['waiting', 'won']);
  });
});

describe('a gateway that is told to stop', () => {
  it('ends the streams of tickets at once', async () => {
    const draining = await startSaleGateway(broker);
    const { location } = await inLine();
    const streams = await Promise.all([
      follow(location, { gateway: draining }),
      follow(location, { gateway: draining }),
    ]);
    for (const stream of streams) await hears(stream, ['waiting']);
    const before = performance.now();
    await draining.stop();
    expect(performance.now() - before).toBeLessThan(2_000);
    for (const stream of streams) expect(await stream.ended).toBe(true);
  });
});
