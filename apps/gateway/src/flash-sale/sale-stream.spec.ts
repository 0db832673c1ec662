import { randomUUID } from 'node:crypto';
import { SaleChanged, type Sale } from '@sluice/contracts';
import { eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { listenTo, type OpenEventSource } from '../testing/event-source.js';
import { FlashSalePeer, fromNow, saleOf } from '../testing/flash-sale-peer.js';
import { ANN, tokenOf } from '../testing/gateway.js';
import { announce, startSaleGateway } from '../testing/sales.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

let broker: TestBroker;
let peer: Peer<FlashSalePeer>;
let gateway: Gateway;
let ann: string;
const opened: OpenEventSource[] = [];

beforeAll(async () => {
  broker = await testBroker();
  peer = await startPeer(broker, 'flash-sale', FlashSalePeer);
  gateway = await startSaleGateway(broker, { STREAM_LIMIT: '30' });
  ann = await tokenOf(ANN);
});
afterEach(async () => {
  for (const stream of opened.splice(0)) stream.cut();
});
afterAll(async () => {
  await gateway?.stop();
  await peer?.stop();
  await broker?.close();
});

async function watch(
  id: string,
  { as, lastEventId }: { as?: string; lastEventId?: number } = {},
): Promise<OpenEventSource> {
  const stream = await listenTo(gateway, `/flash-sales/${id}/stream`, {
    ...(as !== undefined && { as }),
    ...(lastEventId !== undefined && { lastEventId }),
  });
  opened.push(stream);
  return stream;
}
const change = (sale: Sale, next: Partial<Sale>) => publish(broker, SaleChanged, { ...sale, ...next });
const statesOf = (stream: OpenEventSource): unknown[] => stream.events().map(({ data }) => data['state']);
const shows = (stream: OpenEventSource, ...states: string[]): Promise<void> =>
  eventually(() => expect(statesOf(stream)).toEqual(states));

describe('the stream of a sale', () => {
  it('shows everybody, without a token too, that it sells out, reopens and closes, and ends then', async () => {
    const sale = await announce([gateway]);
    const streams = [await watch(sale.id), await watch(sale.id, { as: ann })];
    for (const stream of streams) await shows(stream, 'open');
    expect(streams[0]!.events()[0]).toMatchObject({ id: '2', event: 'sale', data: { id: sale.id, remaining: 5 } });
    await change(sale, { state: 'sold-out', remaining: 0, version: 3 });
    for (const stream of streams) await shows(stream, 'open', 'sold-out');
    await change(sale, { state: 'open', round: 2, remaining: 1, version: 4 });
    for (const stream of streams) await shows(stream, 'open', 'sold-out', 'open');
    await change(sale, { state: 'closed', remaining: 0, version: 5 });
    for (const stream of streams) expect(await stream.ended).toBe(true);
    expect(statesOf(streams[0]!).at(-1)).toBe('closed');
    expect(await watch(sale.id, { lastEventId: 5 })).toMatchObject({ status: 204 });
    await shows(await watch(sale.id), 'closed');
  });

  it('opens by the clock, without a fact', async () => {
    const sale = await announce([gateway], { state: 'scheduled', opensAt: fromNow(700) });
    await shows(await watch(sale.id), 'scheduled', 'open');
  });

  it('shows the last of many numbers of pieces, in few events', async () => {
    const sale = await announce([gateway], { quantity: 100, remaining: 100 });
    const stream = await watch(sale.id);
    await shows(stream, 'open');
    for (let sold = 1; sold <= 30; sold++) await change(sale, { remaining: 100 - sold, sold, version: 2 + sold });
    await eventually(() => expect(stream.events().at(-1)!.data).toMatchObject({ remaining: 70, sold: 30 }));
    expect(stream.events().length).toBeLessThan(8);
  });

  it('shows a client that returns the sale as it is, also one that is ahead of this gateway', async () => {
    const sale = await announce([gateway]);
    await shows(await watch(sale.id, { lastEventId: 1 }), 'open');
    peer.peer.sales.set(sale.id, { ...sale, state: 'sold-out', version: 4 });
    await shows(await watch(sale.id, { lastEventId: 4 }), 'sold-out');
    expect(await watch(sale.id, { lastEventId: 9 })).toMatchObject({ status: 400 });
  });

  it('is 404 for no such sale, and 429 for too many of one person', async () => {
    expect(await watch(randomUUID())).toMatchObject({ status: 404 });
    const { id } = await announce([gateway], saleOf({ id: randomUUID() }));
    const mine = await Promise.all(Array.from({ length: 20 }, () => watch(id, { as: ann })));
    expect(mine.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(await watch(id, { as: ann })).toMatchObject({ status: 429 });
  });

  it('leaves half of the streams to those who are signed in', async () => {
    const { id } = await announce([gateway]);
    const anybody = await Promise.all(Array.from({ length: 15 }, () => watch(id)));
    expect(anybody.map(({ status }) => status)).toEqual(Array(15).fill(200));
    expect(await watch(id)).toMatchObject({ status: 503 });
    expect(await watch(id, { as: ann })).toMatchObject({ status: 200 });
    anybody[3]!.cut();
    await eventually(async () => expect(await watch(id)).toMatchObject({ status: 200 }));
  });
});
