import { randomUUID } from 'node:crypto';
import {
  AllotmentReturned,
  AllotStock,
  type Data,
  OrderCancelled,
  OrderPlaced,
  OrderRejected,
  ParcelDispatched,
  ReturnAllotment,
  StockAllotmentRefused,
  StockAllotted,
  StockIssued,
  StockRejected,
  StockReleased,
  StockReserved,
  type Warehouse,
  WAREHOUSES,
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
import { order, shelfIn, startInventory, supplier, TIERS_MS } from './testing/running.js';

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

const shelf = (sku: string, warehouse: Warehouse) => shelfIn(database.pool, sku, warehouse);

/** Waits until a message is decided. */
const decided = (id: string) =>
  eventually(async () =>
    expect((await database.pool.query('SELECT 1 FROM inbox WHERE id = $1', [id])).rowCount).toBe(1),
  );

type Pieces = Partial<Record<Warehouse, number>>;
const stockUp = async (sku: string, pieces: Pieces): Promise<void> => {
  const { put, receive } = supplier(client);
  await put(sku);
  await Promise.all(
    WAREHOUSES.flatMap((warehouse) => (pieces[warehouse] ? [receive(sku, warehouse, pieces[warehouse])] : [])),
  );
};
/** Creates a sale of a new product with `quantity` allotted pieces. */
const sale = async (sku: string, pieces: Pieces, quantity: number): Promise<string> => {
  await stockUp(sku, pieces);
  const saleId = randomUUID();
  await publish(broker, AllotStock, { saleId, sku, quantity });
  await eventually(() => receivedFacts.of(StockAllotted, (fact) => fact.saleId === saleId, 1));
  return saleId;
};
const saleOrder = (flashSaleId: string, sku: string) => ({ ...order([sku, 1]), flashSaleId });
const ended = ({ lines, ...about }: Omit<Data<typeof OrderPlaced>, 'coupon'>) => ({
  ...about,
  lines,
  allocation: [],
  version: 2,
  reason: 'payment_timeout' as const,
});
const allotment = async (saleId: string) =>
  (
    await database.pool.query(
      'SELECT status, quantity::int, remaining, taken::int, returned::int, version FROM allotments WHERE sale_id = $1',
      [saleId],
    )
  ).rows[0];
const ofOrder =
  ({ orderId: id }: { orderId: string }) =>
  ({ orderId }: { orderId: string }) =>
    orderId === id;

describe('a sale’s allotment', () => {
  it('is granted once, though it is requested twice, and published again for the repeat', async () => {
    await stockUp('RING', { east: 5, west: 3 });
    const request = { saleId: randomUUID(), sku: 'RING', quantity: 6 };
    const messageId = randomUUID();
    for (const id of [messageId, messageId, randomUUID()])
      await publish(broker, AllotStock, request, { properties: { messageId: id } });
    const answers = await eventually(() =>
      receivedFacts.of(StockAllotted, ({ saleId }) => saleId === request.saleId, 2),
    );
    expect(answers).toEqual([
      { ...request, version: 1 },
      { ...request, version: 1 },
    ]);
    expect(await shelf('RING', 'east')).toEqual({ received: 5, on_hand: 0, reserved: 0, allotted: 5, issued: 0 });
    expect(await shelf('RING', 'west')).toEqual({ received: 3, on_hand: 2, reserved: 0, allotted: 1, issued: 0 });
    expect(await allotment(request.saleId)).toEqual({
      status: 'allotted',
      quantity: 6,
      remaining: { east: 5, west: 1 },
      taken: 0,
      returned: 0,
      version: 1,
    });
  });

  it('is refused for an unknown product, and nothing is stored of it', async () => {
    const saleId = randomUUID();
    await publish(broker, AllotStock, { saleId, sku: 'NO-SUCH-RING', quantity: 1 });
    const [refusal] = await eventually(() =>
      receivedFacts.of(StockAllotmentRefused, (fact) => fact.saleId === saleId, 1),
    );
    expect(refusal).toEqual({ saleId, sku: 'NO-SUCH-RING', available: 0, version: 1 });
    expect((await database.pool.query('SELECT 1 FROM stock WHERE sku = $1', ['NO-SUCH-RING'])).rows).toEqual([]);
    expect(await allotment(saleId)).toMatchObject({ status: 'refused', remaining: {} });
  });

  it('goes back on hand once per message, and a return of too much is dead-lettered with the reason', async () => {
    const saleId = await sale('CROWN', { east: 4 }, 4);
    const messageId = randomUUID();
    const back = { saleId, sku: 'CROWN', quantity: 3 };
    for (const id of [messageId, messageId, randomUUID()])
      await publish(broker, ReturnAllotment, back, { properties: { messageId: id } });
    await eventually(async () =>
      expect(JSON.stringify(await deadLetters(broker, 'inventory.commands'))).toContain(
        `sale ${saleId} has fewer than 3 pieces of CROWN`,
      ),
    );
    expect(receivedFacts.of(AllotmentReturned, (fact) => fact.saleId === saleId)).toEqual([
      { ...back, returned: 3, version: 2 },
    ]);
    expect(await shelf('CROWN', 'east')).toMatchObject({ on_hand: 3, allotted: 1 });
    expect(await allotment(saleId)).toMatchObject({ remaining: { east: 1 }, returned: 3 });
  });

  it('goes back up to a total once, though a second message requests it again, which gets a reply too', async () => {
    const saleId = await sale('SHIELD', { east: 4 }, 4);
    const back = { saleId, sku: 'SHIELD', quantity: 3, returned: 3 };
    for (const id of [randomUUID(), randomUUID()])
      await publish(broker, ReturnAllotment, back, { properties: { messageId: id } });
    const answers = await eventually(() => receivedFacts.of(AllotmentReturned, (fact) => fact.saleId === saleId, 2));
    expect(answers.map(({ quantity, returned }) => [quantity, returned]).sort()).toEqual([
      [0, 3],
      [3, 3],
    ]);
    expect(await shelf('SHIELD', 'east')).toMatchObject({ on_hand: 3, allotted: 1 });
    expect(await allotment(saleId)).toMatchObject({ remaining: { east: 1 }, returned: 3 });
  });

  it.each([
    'taken = quantity + 1',
    'taken = -1',
    'returned = -1',
    `remaining = '{"east": -1}'`,
    `status = 'refused', available = 0`,
  ])('is protected by the database itself from %s', async (wrong) => {
    const saleId = await sale(`GEM-${randomUUID()}`, { east: 1 }, 1);
    await expect(database.pool.query(`UPDATE allotments SET ${wrong} WHERE sale_id = $1`, [saleId])).rejects.toThrow(
      'violates check constraint "allotments_',
    );
  });
});

describe('the order of a sale', () => {
  it('that is cancelled returns its piece to the sale once, and replies to each fact about its end', async () => {
    const saleId = await sale('TIARA', { east: 1, west: 1 }, 1);
    const placed = saleOrder(saleId, 'TIARA');
    await publish(broker, OrderPlaced, placed);
    await eventually(() => receivedFacts.of(StockReserved, ofOrder(placed), 1));
    expect(await allotment(saleId)).toMatchObject({ remaining: { east: 0 }, taken: 1 });
    for (const id of await Promise.all(
      [OrderCancelled, OrderRejected, OrderCancelled].map((end) => publish(broker, end, ended(placed))),
    ))
      await decided(id);
    const [released, ...again] = await eventually(() => receivedFacts.of(StockReleased, ofOrder(placed), 3));
    expect(again).toEqual(Array(2).fill({ ...released, allocation: [] }));
    expect(released).toEqual({
      orderId: placed.orderId,
      userId: placed.userId,
      flashSaleId: saleId,
      version: 2,
      allocation: [{ sku: 'TIARA', warehouse: 'east', quantity: 1 }],
    });
    expect(await shelf('TIARA', 'east')).toEqual({ received: 1, on_hand: 0, reserved: 0, allotted: 1, issued: 0 });
    expect(await allotment(saleId)).toMatchObject({ remaining: { east: 1 }, taken: 0 });
  });

  it('that was never placed, or was refused, is published to its sale without pieces', async () => {
    const saleId = await sale('SCEPTRE', { east: 1 }, 1);
    const unplaced = saleOrder(saleId, 'SCEPTRE');
    const refused = saleOrder(randomUUID(), 'SCEPTRE');
    await publish(broker, OrderPlaced, refused);
    await eventually(() => receivedFacts.of(StockRejected, ofOrder(refused), 1));
    const unknown = { ...ended(unplaced), reason: 'unknown_product' as const };
    for (const end of [unknown, ended(refused)])
      for (const id of [await publish(broker, OrderRejected, end), await publish(broker, OrderRejected, end)])
        await decided(id);
    for (const each of [unplaced, refused]) {
      const [released, again] = await eventually(() => receivedFacts.of(StockReleased, ofOrder(each), 2));
      expect(released).toMatchObject({ flashSaleId: each.flashSaleId, allocation: [] });
      expect(again).toEqual(released);
    }
    expect(await allotment(saleId)).toMatchObject({ remaining: { east: 1 }, version: 1 });
    expect(await allotment(refused.flashSaleId)).toBeUndefined();
  });
});

it('gives 500 orders at once on an allotment of 200 exactly 200 reservations, also with two processes, and releases each once', async () => {
  const saleId = await sale('STAR', { east: 150, west: 350 }, 400);
  await publish(broker, ReturnAllotment, { saleId, sku: 'STAR', quantity: 200 });
  await eventually(() => receivedFacts.of(AllotmentReturned, (fact) => fact.saleId === saleId, 1));
  const another = await start();
  const orders = Array.from({ length: 500 }, () => saleOrder(saleId, 'STAR'));
  const ours = new Set(orders.map(({ orderId }) => orderId));
  const mine = ({ orderId }: { orderId: string }) => ours.has(orderId);

  await Promise.all(orders.map((placed) => publish(broker, OrderPlaced, placed)));
  const reserved = await eventually(() => receivedFacts.of(StockReserved, mine, 200), { withinMs: 20_000 });
  const rejected = await eventually(() => receivedFacts.of(StockRejected, mine, 300), { withinMs: 20_000 });
  expect(new Set([...reserved, ...rejected].map(({ orderId }) => orderId)).size).toBe(500);
  expect(rejected.every(({ reason }) => reason === 'out_of_stock')).toBe(true);
  expect(await allotment(saleId)).toMatchObject({ remaining: { east: 0, west: 0 }, taken: 200, returned: 200 });
  const [east, west] = [await shelf('STAR', 'east'), await shelf('STAR', 'west')];
  expect([east.allotted, west.allotted, east.reserved + west.reserved, east.on_hand + west.on_hand]).toEqual([
    0, 0, 200, 300,
  ]);

  await Promise.all(orders.map((placed) => publish(broker, OrderCancelled, ended(placed))));
  const released = await eventually(() => receivedFacts.of(StockReleased, mine, 500), { withinMs: 20_000 });
  expect(new Set(released.map(({ orderId }) => orderId)).size).toBe(500);
  expect(released.filter(({ allocation }) => allocation.length > 0)).toHaveLength(200);
  expect(await allotment(saleId)).toMatchObject({ taken: 0, returned: 200 });
  await another.stop();
});

/** Locks all allotments while `work` runs. */
async function whileAllotmentsAreLocked(work: () => Promise<void>): Promise<void> {
  const locker = await database.pool.connect();
  try {
    await locker.query('BEGIN; LOCK TABLE allotments IN ACCESS EXCLUSIVE MODE');
    await work();
  } finally {
    await locker.query('ROLLBACK');
    locker.release();
  }
}

it('handles regular orders of the same product, from their placing to their end, while the allotments are locked', async () => {
  const saleId = await sale('MOON', { east: 5, west: 1 }, 4);
  const before = await allotment(saleId);
  const [shipped, cancelled, short] = [order(['MOON', 1]), order(['MOON', 1]), order(['MOON', 3])];
  await whileAllotmentsAreLocked(async () => {
    for (const placed of [shipped, cancelled, short]) await publish(broker, OrderPlaced, placed);
    await eventually(() => [shipped, cancelled].map((placed) => receivedFacts.of(StockReserved, ofOrder(placed), 1)));
    await eventually(() => receivedFacts.of(StockRejected, ofOrder(short), 1));
    await publish(broker, OrderCancelled, ended(cancelled));
    await eventually(() => receivedFacts.of(StockReleased, ofOrder(cancelled), 1));
    const [{ allocation }] = receivedFacts.of(StockReserved, ofOrder(shipped)) as [Data<typeof StockReserved>];
    const { orderId, userId } = shipped;
    await publish(broker, ParcelDispatched, {
      parcelId: randomUUID(),
      orderId,
      userId,
      warehouse: allocation[0]!.warehouse,
      lines: [{ sku: 'MOON', quantity: 1 }],
      version: 2,
    });
    await eventually(() => receivedFacts.of(StockIssued, ofOrder(shipped), 1));
  });
  expect(await allotment(saleId)).toEqual(before);
});
