import { randomUUID } from 'node:crypto';
import { SaleChanged, type Sale } from '@sluice/contracts';
import { depth, eventually, publish, testBroker, type TestBroker } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../gateway.js';
import { FlashSalePeer, saleOf } from '../testing/flash-sale-peer.js';
import { ANN, call, tokenOf } from '../testing/gateway.js';
import { announce, claim, startSaleGateway } from '../testing/sales.js';
import { startPeer, type Peer } from '../testing/start-peer.js';

let broker: TestBroker;
let peer: Peer<FlashSalePeer> | undefined;
let gateway: Gateway | undefined;
let ann: string;

beforeEach(async () => {
  broker = await testBroker();
  ann = await tokenOf(ANN);
});
afterEach(async () => {
  await gateway?.stop();
  await peer?.stop();
  [gateway, peer] = [undefined, undefined];
  await broker.close();
});

/** Sets flash-sale's state before the gateway starts. */
async function flashSale(...sales: Sale[]): Promise<FlashSalePeer> {
  peer = await startPeer(broker, 'flash-sale', FlashSalePeer);
  for (const sale of sales) peer.peer.sales.set(sale.id, sale);
  return peer.peer;
}
const start = async (settings: Record<string, string> = {}): Promise<Gateway> =>
  (gateway = await startSaleGateway(broker, settings));
const statusOf = async (saleId: string): Promise<number> => (await claim(gateway!, saleId, ann)).status;
const becomes = (saleId: string, status: number): Promise<void> =>
  eventually(async () => expect(await statusOf(saleId)).toBe(status));
const soldOut = (change: Partial<Sale> = {}): Sale =>
  saleOf({ id: randomUUID(), state: 'sold-out', remaining: 0, ...change });

describe('the sales that a gateway has cached', () => {
  it('are complete after its start, with closed ones, however many pages they fill', async () => {
    const sales = Array.from({ length: 230 }, (_, n) => soldOut({ state: n % 10 === 0 ? 'closed' : 'sold-out' }));
    const { lookups } = await flashSale(...sales);
    await start();
    for (const { id } of [sales[0]!, sales[100]!, sales[229]!]) await becomes(id, 410);
    await eventually(() => expect(peer!.peer.lists).toBe(3));
    expect(lookups.length).toBeLessThan(10);
  });

  it('are replaced by newer versions only, whatever order the facts arrive in', async () => {
    await flashSale();
    await start();
    const { id } = await announce([gateway!], soldOut({ version: 7 }));
    await becomes(id, 410);
    await publish(broker, SaleChanged, saleOf({ id, state: 'open', version: 6 }));
    await announce([gateway!], soldOut());
    expect(await statusOf(id)).toBe(410);
    await publish(broker, SaleChanged, saleOf({ id, state: 'open', round: 2, version: 8 }));
    await becomes(id, 202);
  });

  it('are read again after the connection for facts was broken', async () => {
    const { sales } = await flashSale();
    // flash-sale's connection was closed too: the timeout leaves time for its reconnect.
    await start({ REPLY_TIMEOUT_MS: '10000' });
    const { id } = await announce([gateway!], soldOut({ version: 2 }));
    await becomes(id, 410);
    // No fact is published for this change.
    sales.set(id, saleOf({ id, round: 2, version: 3 }));
    await eventually(async () => expect(await broker.management.closeConnections()).toBeGreaterThan(2));
    await becomes(id, 202);
  });

  it('are read periodically, which repairs a lost fact', async () => {
    const open = saleOf({ id: randomUUID() });
    const { sales } = await flashSale(open);
    await start({ SALES_REFRESH_MS: '100' });
    await becomes(open.id, 202);
    sales.set(open.id, soldOut({ id: open.id, version: 3 }));
    await becomes(open.id, 410);
    sales.set(open.id, saleOf({ id: open.id, round: 2, version: 4 }));
    await becomes(open.id, 202);
  });

  it('are repaired also behind a page of closed ones', async () => {
    const { sales } = await flashSale(
      soldOut({ version: 2 }),
      ...Array.from({ length: 100 }, () => soldOut({ state: 'closed' })),
    );
    const [id] = sales.keys();
    await start({ SALES_REFRESH_MS: '100' });
    await becomes(id!, 410);
    sales.set(id!, saleOf({ id: id!, round: 2, version: 3 }));
    await becomes(id!, 202);
  });

  it('are kept while flash-sale is down', async () => {
    const { sales } = await flashSale(soldOut());
    const [id] = sales.keys();
    await start({ SALES_REFRESH_MS: '50', REPLY_TIMEOUT_MS: '50' });
    await becomes(id!, 410);
    await peer!.stop();
    // The refresh requests expire in the queue unanswered: wait until a second one has been sent.
    for (const waiting of [1, 0, 1])
      await eventually(async () => expect(await depth(broker, 'flash-sale.queries')).toBe(waiting));
    expect(await statusOf(id!)).toBe(410);
    peer = undefined;
  });
});

describe('a sale that a gateway has not cached', () => {
  it('is 404 when it does not exist, and requested once', async () => {
    const { lookups } = await flashSale();
    await start();
    const id = randomUUID();
    expect([await statusOf(id), await statusOf(id.toUpperCase()), await statusOf(id)]).toEqual([404, 404, 404]);
    expect(lookups.filter((one) => one === id)).toHaveLength(1);
    expect(await depth(broker, 'flash-sale.claims')).toBe(0);
  });

  it('is 404 until its stock is allotted, and then open at once', async () => {
    const { sales } = await flashSale();
    await start();
    const id = randomUUID();
    sales.set(id, saleOf({ id, state: 'preparing', version: 1 }));
    expect(await statusOf(id)).toBe(404);
    await publish(broker, SaleChanged, saleOf({ id, state: 'preparing', version: 1 }));
    await publish(broker, SaleChanged, saleOf({ id, version: 2 }));
    await becomes(id, 202);
  });

  it('has the state that flash-sale returns', async () => {
    const { sales } = await flashSale();
    await start();
    await eventually(() => expect(peer!.peer.lists).toBe(1));
    const [open, over] = [saleOf({ id: randomUUID(), round: 3 }), soldOut({ state: 'closed' })];
    for (const sale of [open, over]) sales.set(sale.id, sale);
    expect([await statusOf(open.id), await statusOf(over.id)]).toEqual([202, 410]);
    await eventually(() => expect(peer!.peer.claims).toMatchObject([{ data: { round: 3 } }]));
  });

  it('accepts claims while flash-sale is down, in its first round', async () => {
    await start({ REPLY_TIMEOUT_MS: '200' });
    const id = randomUUID();
    expect(await statusOf(id)).toBe(202);
    expect(await depth(broker, 'flash-sale.claims')).toBe(1);
    const { claims } = await flashSale();
    await eventually(() => expect(claims).toMatchObject([{ data: { saleId: id, round: 1 } }]));
  });
});

describe('the public sales', () => {
  it('are read from flash-sale, by page, without hidden ones', async () => {
    const { sales } = await flashSale(
      ...Array.from({ length: 3 }, (_, n) => saleOf({ id: randomUUID(), remaining: n })),
      saleOf({ id: ANN, state: 'refused' }),
    );
    await start();
    const [last] = [...sales.values()].slice(-2);
    const first = await call(gateway!, 'GET', '/flash-sales?limit=2');
    expect(first).toMatchObject({
      status: 200,
      body: { items: [{ id: last!.id, remaining: 2 }, { remaining: 1 }], next: '2' },
    });
    expect(await call(gateway!, 'GET', '/flash-sales?limit=2&cursor=2')).toMatchObject({
      status: 200,
      body: { items: [{ remaining: 0 }] },
    });
    const shown = await call(gateway!, 'GET', `/flash-sales/${last!.id.toUpperCase()}`);
    expect({ ...shown.body, version: last!.version }).toEqual(last);
    expect([shown.status, shown.body['version']]).toEqual([200, undefined]);
    expect(await call(gateway!, 'GET', `/flash-sales/${ANN}`)).toMatchObject({ status: 404 });
    expect(await call(gateway!, 'GET', '/flash-sales?limit=0')).toMatchObject({ status: 422 });
  });

  it('are returned from the cache while flash-sale is down, with their state by the clock', async () => {
    const [open, over] = [
      saleOf({ id: randomUUID() }),
      saleOf({ id: randomUUID(), closesAt: new Date().toISOString() }),
    ];
    await flashSale(open, over);
    await start({ REPLY_TIMEOUT_MS: '200' });
    await eventually(() => expect(peer!.peer.lists).toBe(1));
    await peer!.stop();
    peer = undefined;
    expect(await call(gateway!, 'GET', `/flash-sales/${over.id}`)).toMatchObject({
      status: 200,
      body: { id: over.id, state: 'closed' },
    });
    expect(await call(gateway!, 'GET', `/flash-sales/${randomUUID()}`)).toMatchObject({ status: 503 });
    const all = await call(gateway!, 'GET', '/flash-sales');
    expect(all).toMatchObject({
      status: 200,
      body: {
        items: expect.arrayContaining([
          expect.objectContaining({ id: open.id, state: 'open' }),
          expect.objectContaining({ id: over.id }),
        ]),
      },
    });
    expect((await call(gateway!, 'GET', '/flash-sales?limit=1')).body['items']).toHaveLength(1);
    expect(await call(gateway!, 'GET', '/flash-sales?cursor=1')).toMatchObject({ status: 503 });
  });

  it('are 503 until flash-sale has listed them once', async () => {
    await start({ REPLY_TIMEOUT_MS: '100' });
    expect(await call(gateway!, 'GET', '/flash-sales')).toMatchObject({ status: 503 });
  });
});
