import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  EXCHANGES,
  BookCarrier,
  DeliverParcel,
  DispatchParcel,
  GetParcel,
  OrderPaid,
  type Warehouse,
} from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import { eventually, factsIn, testBroker, testDatabase, type TestBroker, type TestDatabase } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parcelIds } from './parcel.js';
import { orderFrom } from './testing/orders.js';
import { neighbours, RETRY_MS, startLogistics, type Neighbours } from './testing/running.js';

const QUICK = { CARRIER_DELAY_SECONDS: '0.2' };
/** Longer than any test: the carrier does nothing. */
const NEVER = { CARRIER_DELAY_SECONDS: '3600' };
const JOURNEY = ['parcel.created', 'parcel.dispatched', 'parcel.delivered'];
const problem = (status: number) => expect.objectContaining({ problem: expect.objectContaining({ status }) });

let broker: TestBroker;
let database: TestDatabase;
let around: Neighbours;
const started: (() => Promise<void>)[] = [];
/** All published facts about parcels. */
const received: { type: string; data: Record<string, unknown>; correlationId: unknown }[] = [];

beforeAll(async () => {
  [broker, database] = await Promise.all([
    testBroker({ tiersMs: [RETRY_MS], outsideTiersMs: [RETRY_MS] }),
    testDatabase('logistics'),
  ]);
  await listen();
  around = neighbours(broker.url);
});
afterEach(async () => {
  for (const stop of started.splice(0)) await stop();
});
afterAll(async () => {
  await around?.close();
  await Promise.all([broker?.close(), database?.close()]);
});

async function listen(): Promise<void> {
  const channel = await broker.connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, EXCHANGES.events, 'parcel.*');
  await channel.consume(
    queue,
    (message) => {
      if (!message) return;
      for (const { type, data, correlationId } of factsIn(message))
        received.push({ type, data: data as Record<string, unknown>, correlationId });
    },
    { noAck: true },
  );
}

const run = (settings: { CARRIER_DELAY_SECONDS?: string; CARRIER_URL?: string }) =>
  startLogistics({ AMQP_URL: broker.url, DATABASE_URL: database.url, ...settings });
const start = async (settings: Parameters<typeof run>[0]) => started.push(await run(settings));
const rows = async (sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
  (await database.pool.query(sql, values)).rows as Record<string, unknown>[];
/** Sorted by the parcel's own versions, since facts may overtake each other. */
const messagesAbout = (id: string) =>
  received
    .filter(({ data }) => data['parcelId'] === id)
    .sort((a, b) => Number(a.data['version']) - Number(b.data['version']))
    .map(({ type }) => type);
const hasArrived = (id: string) => JOURNEY.every((type) => messagesAbout(id).includes(type));
const arrives = (id: string) => eventually(() => expect(hasArrived(id)).toBe(true));

function paidOrder(...warehouses: Warehouse[]) {
  const { paid } = orderFrom(warehouses);
  return { message: OrderPaid(paid), parcels: parcelIds(paid) };
}

/** A paid order with booked parcels that the carrier never fetches. */
async function preparedParcel(): Promise<string> {
  await start(NEVER);
  const { message, parcels } = paidOrder('east');
  await around.send(message);
  await eventually(async () =>
    expect(await rows('SELECT 1 FROM parcels WHERE id = $1 AND carrier_reference IS NOT NULL', parcels)).toHaveLength(
      1,
    ),
  );
  return parcels[0]!;
}

describe('a paid order', () => {
  it('is sent in one parcel per warehouse, and each publishes its journey once, under the correlation id of its order', async () => {
    await start(QUICK);
    const { message, parcels } = paidOrder('east', 'west');
    await around.send(message, { correlationId: 'one-order' });
    for (const id of parcels) await arrives(id);
    for (const id of parcels) expect(messagesAbout(id)).toEqual(JOURNEY);
    expect(
      new Set(
        received
          .filter(({ data }) => parcels.includes(data['parcelId'] as string))
          .map(({ correlationId }) => correlationId),
      ),
    ).toEqual(new Set(['one-order']));
    expect(await around.request(GetParcel, { parcelId: parcels[1]! })).toMatchObject({
      warehouse: 'west',
      status: 'delivered',
      lines: [{ sku: 'TEE', quantity: 1 }],
    });
  });

  it('has the same parcels, with the same journey, however often every message is delivered', async () => {
    await start(QUICK);
    const { message, parcels } = paidOrder('east', 'west');
    const id = newId();
    await around.send(message, { id });
    for (const parcel of parcels) await arrives(parcel);
    const state = () => rows('SELECT * FROM parcels WHERE id = ANY($1) ORDER BY id', [parcels]);
    const before = await state();
    await around.send(message, { id });
    await around.send(message);
    for (const parcel of parcels)
      for (const command of [BookCarrier, DispatchParcel, DeliverParcel])
        await around.send(command({ parcelId: parcel }));
    const next = paidOrder('east');
    await around.send(next.message);
    await arrives(next.parcels[0]!);
    expect(await state()).toEqual(before);
    // `order.paid` under another id: whoever missed the facts gets them again.
    for (const parcel of parcels) expect(messagesAbout(parcel)).toEqual([...JOURNEY, ...JOURNEY.slice(1)]);
  });
});

describe('a parcel', () => {
  it('is dispatched and delivered by requests, once', async () => {
    const id = await preparedParcel();
    const steps = [DispatchParcel, DispatchParcel, DeliverParcel, DeliverParcel, DispatchParcel];
    const statuses = [];
    for (const step of steps) statuses.push((await around.request(step, { parcelId: id })).status);
    expect(statuses).toEqual(['dispatched', 'dispatched', 'delivered', 'delivered', 'delivered']);
    await arrives(id);
    expect(messagesAbout(id)).toEqual(JOURNEY);
  });

  it('cannot be delivered by a request before it has left', async () => {
    const id = await preparedParcel();
    await expect(around.request(DeliverParcel, { parcelId: id })).rejects.toEqual(problem(409));
    expect(await around.request(GetParcel, { parcelId: id })).toMatchObject({ status: 'preparing' });
  });

  it('is dispatched when the carrier reports the delivery, and the late report of the dispatch changes nothing', async () => {
    const id = await preparedParcel();
    await around.send(DeliverParcel({ parcelId: id }));
    await arrives(id);
    await around.send(DispatchParcel({ parcelId: id }));
    expect(await around.request(DispatchParcel, { parcelId: id })).toMatchObject({ status: 'delivered' });
    expect(messagesAbout(id)).toEqual(JOURNEY);
  });

  it('that does not exist is 404, and nothing is stored', async () => {
    await start(NEVER);
    for (const contract of [GetParcel, DispatchParcel, DeliverParcel])
      await expect(around.request(contract, { parcelId: newId() })).rejects.toEqual(problem(404));
    expect(await rows('SELECT * FROM parcels WHERE version = 0')).toEqual([]);
  });
});

describe('the fake carrier', () => {
  it('dispatches and delivers what it has booked after a crash of its process', async () => {
    const stop = await run(NEVER);
    const { message, parcels } = paidOrder('east');
    await around.send(message);
    await eventually(async () =>
      expect(await rows('SELECT 1 FROM parcels WHERE id = $1 AND carrier_reference IS NOT NULL', parcels)).toHaveLength(
        1,
      ),
    );
    await stop();
    expect(messagesAbout(parcels[0]!)).toEqual(['parcel.created']);
    await start(QUICK);
    await arrives(parcels[0]!);
    expect(messagesAbout(parcels[0]!)).toEqual(JOURNEY);
  });

  it('does each step once in several processes, also when one of them restarts', async () => {
    const [stop] = await Promise.all([run(QUICK), start(QUICK)]);
    const orders = Array.from({ length: 150 }, () => paidOrder('east', 'west'));
    await Promise.all(orders.map(({ message }) => around.send(message)));
    const parcels = orders.flatMap((order) => order.parcels);
    await eventually(() => expect(parcels.some((id) => messagesAbout(id).includes('parcel.dispatched'))).toBe(true));
    await stop();
    await start(QUICK);
    await eventually(() => expect(parcels.filter((id) => !hasArrived(id))).toEqual([]), { withinMs: 20_000 });
    for (const id of parcels) expect(messagesAbout(id)).toEqual(JOURNEY);
  });
});

describe('a carrier over HTTP', () => {
  let server: Server;
  afterEach(() => void server.close());

  it('that fails at first is called again under the same key, and books once', async () => {
    const keys: unknown[] = [];
    server = createServer((request, response) => {
      keys.push(request.headers['idempotency-key']);
      response
        .writeHead(keys.length === 1 ? 503 : 201, { 'content-type': 'application/json' })
        .end(JSON.stringify({ reference: 'C-77' }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await start({ CARRIER_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const { message, parcels } = paidOrder('east');
    await around.send(message);
    await eventually(async () =>
      expect(await rows('SELECT carrier_reference FROM parcels WHERE id = $1', parcels)).toEqual([
        { carrier_reference: 'C-77' },
      ]),
    );
    await around.send(BookCarrier({ parcelId: parcels[0]! }));
    expect(await around.request(DispatchParcel, { parcelId: parcels[0]! })).toMatchObject({ status: 'dispatched' });
    expect(keys).toEqual([parcels[0], parcels[0]]);
  });
});
