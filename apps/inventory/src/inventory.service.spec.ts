import { randomUUID } from 'node:crypto';
import {
  GetPrices,
  GetProduct,
  ListProducts,
  OrderCancelled,
  OrderPlaced,
  type OrderReason,
  OrderRejected,
  ParcelDispatched,
  ProductChanged,
  PutProduct,
  StockIssued,
  StockReceived,
  StockRejected,
  StockReleased,
  StockReserved,
} from '@sluice/contracts';
import { MessageClient } from '@sluice/messaging';
import type { Service } from '@sluice/service-kit';
import {
  deadLetters,
  eventually,
  facts,
  type Facts,
  publish,
  type TestBroker,
  testBroker,
  type TestDatabase,
  testDatabase,
} from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SEEDED_PRODUCTS } from './seed.data.js';
import { order, price, shelfIn, startInventory, supplier, TIERS_MS } from './testing/running.js';

let broker: TestBroker;
let database: TestDatabase;
let service: Service;
let client: MessageClient;
let receivedFacts: Facts;

const start = (): Promise<Service> => startInventory({ DATABASE_URL: database.url, AMQP_URL: broker.url });

beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker({ tiersMs: TIERS_MS }), testDatabase('inventory')]);
  receivedFacts = await facts(broker);
  service = await start();
  client = new MessageClient({ url: broker.url, source: 'spec' });
  await eventually(() => expect(client.publisher.ready).toBe(true));
});

afterAll(async () => {
  await client?.close();
  await service?.stop();
  await Promise.all([broker?.close(), database?.close()]);
});

const deadlineMs = 10_000;
const put = (sku: string) => supplier(client).put(sku);
const receive = (...delivery: Parameters<ReturnType<typeof supplier>['receive']>) =>
  supplier(client).receive(...delivery);
type Placed = ReturnType<typeof order>;
const ended = <R extends OrderReason>({ orderId, userId, lines }: Placed, reason: R) => ({
  orderId,
  userId,
  lines,
  allocation: [],
  version: 2,
  reason,
});
/** Publishes the end of an order that may hold stock, under a message id. */
const ends = {
  cancelled: (placed: Placed, messageId: string) =>
    publish(broker, OrderCancelled, ended(placed, 'payment_timeout'), { properties: { messageId } }),
  rejected: (placed: Placed, messageId: string) =>
    publish(broker, OrderRejected, ended(placed, 'coupon_rejected'), { properties: { messageId } }),
};
const eachEnd = Object.entries(ends);

const shelf = (sku: string, warehouse: 'east' | 'west') => shelfIn(database.pool, sku, warehouse);

/** Waits until a message is decided. */
const decided = (id: string) =>
  eventually(async () =>
    expect((await database.pool.query('SELECT 1 FROM inbox WHERE id = $1', [id])).rowCount).toBe(1),
  );

describe('products and receipts', () => {
  it('returns the product it has stored, and publishes its price', async () => {
    expect(await put('HAT')).toEqual({ sku: 'HAT', name: 'A HAT', price, available: 0, version: 1 });
    const [fact] = await eventually(() => receivedFacts.of(ProductChanged, ({ sku }) => sku === 'HAT', 1));
    expect(fact).toEqual({ sku: 'HAT', name: 'A HAT', price, version: 1 });
    expect(await client.request(GetProduct, { sku: 'HAT' }, { deadlineMs })).toEqual({
      sku: 'HAT',
      name: 'A HAT',
      price,
      available: 0,
      version: 1,
    });
  });

  it('returns the prices of many products at once, each with its version, and omits unknown ones', async () => {
    await put('BELT');
    const cheaper = { amount: 400, currency: 'USD' };
    const changed = await client.request(PutProduct, { sku: 'BELT', name: 'Belt', price: cheaper }, { deadlineMs });
    expect(changed).toMatchObject({ version: 2 });
    expect(await client.request(PutProduct, { sku: 'BELT', name: 'Belt', price: cheaper }, { deadlineMs })).toEqual(
      changed,
    );
    const { items } = await client.request(GetPrices, { skus: ['NOTHING', 'BELT', 'HAT'] }, { deadlineMs });
    expect(items.sort((a, b) => (a.sku < b.sku ? -1 : 1))).toEqual([
      { sku: 'BELT', name: 'Belt', price: cheaper, version: 2 },
      { sku: 'HAT', name: 'A HAT', price, version: 1 },
    ]);
  });

  it('counts a delivery note once for each product on it', async () => {
    await Promise.all([put('GLOVE'), put('SCARF')]);
    expect(await receive('GLOVE', 'east', 5, 'note/1')).toEqual({ sku: 'GLOVE', available: 5 });
    expect(await receive('GLOVE', 'east', 5, 'note/1')).toEqual({ sku: 'GLOVE', available: 5 });
    expect(await receive('SCARF', 'west', 3, 'note/1')).toEqual({ sku: 'SCARF', available: 3 });
    await expect(receive('GLOVE', 'west', 5, 'note/1')).rejects.toMatchObject({ problem: { status: 409 } });
    expect(await receivedFacts.of(StockReceived, ({ sku }) => sku === 'GLOVE')).toHaveLength(1);
  });

  it('returns no stock of an unknown product', async () => {
    await expect(receive('NOTHING', 'east', 1)).rejects.toMatchObject({ problem: { status: 404 } });
    await expect(client.request(GetProduct, { sku: 'NOTHING' }, { deadlineMs })).rejects.toMatchObject({
      problem: { status: 404 },
    });
  });

  it('lists every product once, page by page, in the order of their SKUs', async () => {
    const skus: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.request(ListProducts, { limit: 5, cursor }, { deadlineMs });
      expect(page.items.length).toBeLessThanOrEqual(5);
      skus.push(...page.items.map(({ sku }) => sku));
      cursor = page.next;
    } while (cursor);
    const all = (await database.pool.query('SELECT sku FROM products ORDER BY sku')).rows.map(
      ({ sku }) => sku as string,
    );
    expect(skus).toEqual(all);
    expect(all).toEqual(expect.arrayContaining(SEEDED_PRODUCTS.map(({ sku }) => sku)));
    await expect(client.request(ListProducts, { cursor: 'not a cursor' }, { deadlineMs })).rejects.toMatchObject({
      problem: { status: 422 },
    });
  });
});

describe('reservations', () => {
  it('holds an order’s stock once and issues a parcel once, though each fact is delivered twice', async () => {
    await put('CAP');
    await receive('CAP', 'east', 3);
    await receive('CAP', 'west', 2);
    const placed = order(['CAP', 4]);
    const placedId = randomUUID();
    for (const id of [placedId, placedId, randomUUID()])
      await publish(broker, OrderPlaced, placed, { properties: { messageId: id } });
    // One for each message id: under another one the fact is published again because its reply may have been lost.
    const [reserved, again] = await eventually(() =>
      receivedFacts.of(StockReserved, ({ orderId }) => orderId === placed.orderId, 2),
    );
    expect(reserved!.allocation).toEqual([
      { sku: 'CAP', warehouse: 'east', quantity: 3 },
      { sku: 'CAP', warehouse: 'west', quantity: 1 },
    ]);
    expect(again).toEqual(reserved);
    expect(await shelf('CAP', 'east')).toEqual({ received: 3, on_hand: 0, reserved: 3, allotted: 0, issued: 0 });

    const dispatched = {
      parcelId: randomUUID(),
      orderId: placed.orderId,
      userId: placed.userId,
      warehouse: 'east' as const,
      lines: [{ sku: 'CAP', quantity: 3 }],
      version: 2,
    };
    const dispatchId = randomUUID();
    for (const id of [dispatchId, dispatchId, randomUUID()])
      await publish(broker, ParcelDispatched, dispatched, { properties: { messageId: id } });
    const next = order(['CAP', 1]);
    await publish(broker, OrderPlaced, next);
    await eventually(() => receivedFacts.of(StockReserved, ({ orderId }) => orderId === next.orderId, 1));
    await eventually(() => receivedFacts.of(StockIssued, ({ orderId }) => orderId === placed.orderId, 1));
    expect(await shelf('CAP', 'east')).toEqual({ received: 3, on_hand: 0, reserved: 0, allotted: 0, issued: 3 });
    expect(await shelf('CAP', 'west')).toEqual({ received: 2, on_hand: 0, reserved: 2, allotted: 0, issued: 0 });
    expect(await receivedFacts.of(StockReserved, ({ orderId }) => orderId === placed.orderId)).toHaveLength(2);
  });

  it('issues the stock of a parcel with the next commit, as nobody waits for it', async () => {
    await put('SCARF');
    await receive('SCARF', 'east', 100);
    const held = async (): Promise<Placed> => {
      const placed = order(['SCARF', 1]);
      await publish(broker, OrderPlaced, placed);
      await eventually(() => receivedFacts.of(StockReserved, ({ orderId }) => orderId === placed.orderId, 1));
      return placed;
    };
    /** A product is stored between the two, by a commit of another kind: enough time for one of the issue alone. */
    const commits = async (): Promise<number> => {
      const { orderId, userId, lines } = await held();
      const parcel = { parcelId: randomUUID(), orderId, userId, lines, warehouse: 'east' as const, version: 2 };
      const issued = await publish(broker, ParcelDispatched, parcel);
      await put('SCARF');
      const next = await publish(broker, OrderPlaced, order(['SCARF', 1]));
      await Promise.all([decided(issued), decided(next)]);
      const claims = 'SELECT DISTINCT xmin::text FROM inbox WHERE id = ANY($1)';
      return (await database.pool.query(claims, [[issued, next]])).rows.length;
    };
    const counts: number[] = [];
    while (counts.length < 10 && counts.at(-1) !== 1) counts.push(await commits());
    expect(counts.at(-1)).toBe(1);
  });

  it('distinguishes an unknown product from one that is out of stock', async () => {
    const [unknown, short] = [order(['NOTHING', 1], ['POSTER-2019', 1]), order(['TEE-BLACK', 1], ['POSTER-2019', 1])];
    await publish(broker, OrderPlaced, unknown);
    await publish(broker, OrderPlaced, short);
    const answer = async (orderId: string) =>
      (await eventually(() => receivedFacts.of(StockRejected, (fact) => fact.orderId === orderId, 1)))[0];
    expect(await answer(unknown.orderId)).toMatchObject({ reason: 'unknown_product', skus: ['NOTHING'] });
    expect(await answer(short.orderId)).toMatchObject({ reason: 'out_of_stock', skus: ['POSTER-2019'] });
  });

  it('handles a parcel that overtakes its reservation when the reservation exists', async () => {
    const placed = order(['TEE-WHITE', 2]);
    const parcel = {
      parcelId: randomUUID(),
      orderId: placed.orderId,
      userId: placed.userId,
      warehouse: 'east' as const,
      lines: [{ sku: 'TEE-WHITE', quantity: 2 }],
      version: 2,
    };
    await publish(broker, ParcelDispatched, parcel);
    await publish(broker, OrderPlaced, placed);
    await eventually(() => receivedFacts.of(StockIssued, ({ parcelId }) => parcelId === parcel.parcelId, 1));
  });

  it.each(eachEnd)('puts a %s order’s stock back once, though the fact is delivered twice', async (end, endOrder) => {
    const sku = `BELT-${end}`;
    await put(sku);
    await receive(sku, 'east', 3);
    const placed = order([sku, 2]);
    await publish(broker, OrderPlaced, placed);
    await eventually(() => receivedFacts.of(StockReserved, ({ orderId }) => orderId === placed.orderId, 1));
    const [endId, againId] = [randomUUID(), randomUUID()];
    for (const id of [endId, endId, againId]) await endOrder(placed, id);
    await Promise.all([decided(endId), decided(againId)]);
    await eventually(() => receivedFacts.of(StockReleased, ({ orderId }) => orderId === placed.orderId, 1));
    const next = order([sku, 3]);
    await publish(broker, OrderPlaced, next);
    await eventually(() => receivedFacts.of(StockReserved, ({ orderId }) => orderId === next.orderId, 1));
    expect(await shelf(sku, 'east')).toEqual({ received: 3, on_hand: 0, reserved: 3, allotted: 0, issued: 0 });
    expect(receivedFacts.of(StockReleased, ({ orderId }) => orderId === placed.orderId)).toMatchObject([
      { allocation: [{ sku, warehouse: 'east', quantity: 2 }], version: 2 },
    ]);
  });

  it.each(eachEnd)(
    'holds nothing for an order that was %s before it was placed, and publishes nothing',
    async (end, endOrder) => {
      const sku = `SASH-${end}`;
      await put(sku);
      await receive(sku, 'east', 1);
      const early = order([sku, 1]);
      const [endId, placedId] = [randomUUID(), randomUUID()];
      await endOrder(early, endId);
      await decided(endId);
      await publish(broker, OrderPlaced, early, { properties: { messageId: placedId } });
      await decided(placedId);
      const next = order([sku, 1]);
      await publish(broker, OrderPlaced, next);
      await eventually(() => receivedFacts.of(StockReserved, ({ orderId }) => orderId === next.orderId, 1));
      for (const answer of [StockReserved, StockRejected, StockReleased])
        expect(receivedFacts.of(answer, ({ orderId }) => orderId === early.orderId)).toEqual([]);
    },
  );

  it('stores nothing of a rejected order that was never placed, nor of its unknown products', async () => {
    const stranger = order(['NEVER-SOLD', 1]);
    const messageId = await publish(broker, OrderRejected, ended(stranger, 'unknown_product'));
    await decided(messageId);
    const kept = await database.pool.query(
      `SELECT sku AS key FROM stock WHERE sku = $1
       UNION ALL SELECT order_id::text FROM reservations WHERE order_id = $2`,
      ['NEVER-SOLD', stranger.orderId],
    );
    expect(kept.rows).toEqual([]);
  });

  it('dead-letters a parcel with foreign pieces, with the reason, and continues', async () => {
    const placed = order(['TEE-WHITE', 1]);
    await publish(broker, OrderPlaced, placed);
    await eventually(() => receivedFacts.of(StockReserved, ({ orderId }) => orderId === placed.orderId, 1));
    await publish(broker, ParcelDispatched, {
      parcelId: randomUUID(),
      orderId: placed.orderId,
      userId: placed.userId,
      warehouse: 'east',
      lines: [{ sku: 'PEN-BLACK', quantity: 1 }],
      version: 2,
    });
    await eventually(async () =>
      expect(JSON.stringify(await deadLetters(broker, 'inventory.events'))).toContain('pieces that were not held'),
    );
    expect(await put('AFTER')).toMatchObject({ sku: 'AFTER' });
  });
});

it('gives 1,000 orders at once on 100 pieces exactly 100 reservations and 900 rejections', async () => {
  await put('HOT');
  await receive('HOT', 'east', 60);
  await receive('HOT', 'west', 40);
  const orders = Array.from({ length: 1_000 }, () => order(['HOT', 1]));
  await Promise.all(orders.map((placed) => publish(broker, OrderPlaced, placed)));
  const ours = new Set<string>(orders.map(({ orderId }) => orderId));
  const reserved = await eventually(() => receivedFacts.of(StockReserved, ({ orderId }) => ours.has(orderId), 100), {
    withinMs: 25_000,
  });
  const rejected = await eventually(() => receivedFacts.of(StockRejected, ({ orderId }) => ours.has(orderId), 900), {
    withinMs: 25_000,
  });
  expect(new Set([...reserved, ...rejected].map(({ orderId }) => orderId)).size).toBe(1_000);
  expect(rejected.every(({ reason }) => reason === 'out_of_stock')).toBe(true);
  expect(await shelf('HOT', 'east')).toEqual({ received: 60, on_hand: 0, reserved: 60, allotted: 0, issued: 0 });
  expect(await shelf('HOT', 'west')).toEqual({ received: 40, on_hand: 0, reserved: 40, allotted: 0, issued: 0 });
});

it('stocks the shelves of a development system once, however often it starts', async () => {
  const seeded = () =>
    database.pool.query('SELECT sku, warehouse, received FROM stock WHERE sku = ANY($1) ORDER BY 1, 2', [
      SEEDED_PRODUCTS.map(({ sku }) => sku),
    ]);
  const before = (await seeded()).rows;
  expect(before).toContainEqual({ sku: 'MUG-WHITE', warehouse: 'west', received: '5000' });
  await (await start()).stop();
  expect((await seeded()).rows).toEqual(before);
});
