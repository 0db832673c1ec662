import { SaleProgress } from '@sluice/contracts';
import { eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { listenTo, type OpenEventSource } from '../testing/event-source.js';
import { FlashSalePeer } from '../testing/flash-sale-peer.js';
import { ANN, call, startGateway, tokenOf, type Answer } from '../testing/gateway.js';
import { announce, claim, startSaleGateway } from '../testing/sales.js';
import { startPeer } from '../testing/start-peer.js';
import { ClaimQueue } from './claim-queue.js';
import { Tickets } from './tickets.js';

/** flash-sale is down in these tests: claims stay in the queue, and gateways respond without it. */
let broker: TestBroker;
let [one, other]: Gateway[] = [];
let ann: string;
const opened: OpenEventSource[] = [];

beforeAll(async () => {
  broker = await testBroker();
  one = await startSaleGateway(broker, { REPLY_TIMEOUT_MS: '100' });
  other = await startSaleGateway(broker, { REPLY_TIMEOUT_MS: '100' });
  ann = await tokenOf(ANN);
});
afterEach(() => {
  for (const stream of opened.splice(0)) stream.cut();
});
afterAll(async () => {
  await Promise.all([one!.stop(), other!.stop()]);
  await broker.close();
});

/** Fills the queue with `count` claims, then claims as Ann. */
async function behind(count: number, saleId?: string): Promise<{ saleId: string; answer: Answer; location: string }> {
  const { id } = saleId === undefined ? await announce([one!, other!]) : { id: saleId };
  const channel = await broker.connection.createChannel();
  await channel.purgeQueue('flash-sale.claims');
  await channel.close();
  for (let n = 0; n < count; n++) await claim(one!, id, await tokenOf(randomUUID()));
  await eventually(async () => expect(await one!.app.get(ClaimQueue).entryNow(id)).toMatchObject({ depth: count }));
  const answer = await claim(one!, id, ann);
  return { saleId: id, answer, location: String(answer.headers['location']) };
}
const progress = (saleId: string, drained: number, perSecond: number): Promise<string> =>
  publish(broker, SaleProgress, { saleId, drained, perSecond });
const see = async (gateway: Gateway, location: string): Promise<unknown> =>
  (await call(gateway, 'GET', location, { as: ann })).body;
const sees = (gateway: Gateway, location: string, place: object): Promise<void> =>
  eventually(async () => expect(await see(gateway, location)).toEqual({ status: 'waiting', ...place }));
async function follow(location: string): Promise<OpenEventSource> {
  const stream = await listenTo(one!, location.replace('?', '/stream?'), { as: ann });
  opened.push(stream);
  return stream;
}
const places = (stream: OpenEventSource): unknown[] =>
  stream.events().map(({ event, data }) => [event, data['ahead'], data['etaSeconds']]);

describe('a ticket, while flash-sale does not reply', () => {
  it('is waiting, and its position advances with the queue, at every gateway', async () => {
    const { saleId, answer, location } = await behind(5);
    expect(answer).toMatchObject({ status: 202, body: { ahead: 5 } });
    expect(location).toMatch(/\?entry=5\.0$/);
    for (const gateway of [one!, other!]) await sees(gateway, location, { ahead: 5 });
    await progress(saleId, 3, 0.5);
    for (const gateway of [one!, other!]) await sees(gateway, location, { ahead: 2, etaSeconds: 4 });
    await progress(saleId, 90, 0.5);
    for (const gateway of [one!, other!]) await sees(gateway, location, { ahead: 0, etaSeconds: 0 });
  });

  it('carries the progress of the sale at its entry, and late facts do not move its position', async () => {
    const first = await behind(0);
    await progress(first.saleId, 100, 10);
    await sees(one!, first.location, { ahead: 0, etaSeconds: 0 });
    const { location } = await behind(4, first.saleId);
    expect(location).toMatch(/\?entry=4\.100$/);
    await progress(first.saleId, 101, 10);
    await sees(one!, location, { ahead: 3, etaSeconds: 1 });
    await progress(first.saleId, 50, 1);
    const marker = await announce([one!]);
    await progress(marker.id, 1, 1);
    await eventually(async () =>
      expect(await one!.app.get(ClaimQueue).entryNow(marker.id)).toMatchObject({ drained: 1 }),
    );
    expect(await see(one!, location)).toEqual({ status: 'waiting', ahead: 3, etaSeconds: 1 });
  });

  it('has at most the whole queue ahead of it when it lost its hint', async () => {
    const { location } = await behind(5);
    await sees(one!, location.split('?')[0]!, { ahead: 6 });
  });

  it('is waiting also when the gateway has no broker', async () => {
    const alone = await startGateway({ AMQP_URL: 'amqp://127.0.0.1:1' });
    const saleId = randomUUID();
    const ticket = alone.app.get(Tickets).issue({ saleId, userId: ANN, round: 1 });
    expect(await call(alone, 'GET', `/flash-sales/${saleId}/claims/${ticket}`, { as: ann })).toMatchObject({
      status: 200,
      body: { status: 'waiting' },
    });
    await alone.stop();
  });

  it('receives every move of the queue, at most two a second', async () => {
    const { saleId, location } = await behind(9);
    const stream = await follow(location);
    await eventually(() => expect(places(stream)).toEqual([['waiting', 9, undefined]]));
    const before = performance.now();
    for (let drained = 1; drained <= 8; drained++) await progress(saleId, drained, 1);
    await eventually(() => expect(places(stream).at(-1)).toEqual(['waiting', 1, 1]));
    expect(places(stream).length).toBeLessThanOrEqual(2 + (performance.now() - before) / 500);
  });

  it('receives the outcome when flash-sale is back', async () => {
    const patient = await startSaleGateway(broker, { REPLY_TIMEOUT_MS: '100', STREAM_REFRESH_MS: '100' });
    const { saleId, location } = await behind(0);
    const stream = await listenTo(patient, location.replace('?', '/stream?'), { as: ann });
    opened.push(stream);
    await eventually(() => expect(places(stream)).toEqual([['waiting', 0, undefined]]));
    const { peer, stop } = await startPeer(broker, 'flash-sale', FlashSalePeer);
    peer.results.set(`${saleId}/${ANN}/1`, { status: 'lost', reason: 'sold_out' });
    expect(await stream.ended).toBe(true);
    expect(stream.events().at(-1)).toMatchObject({ event: 'lost', data: { reason: 'sold_out' } });
    await Promise.all([patient.stop(), stop()]);
  });
});
