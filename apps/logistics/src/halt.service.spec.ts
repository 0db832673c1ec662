import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  BookCarrier,
  DeliverParcel,
  DispatchParcel,
  GetParcel,
  HaltParcels,
  OrderPaid,
  ParcelCreated,
  ParcelDelivered,
  ParcelDispatched,
  ParcelsHalted,
  ParcelsLeft,
  RecallCarrier,
  type Outgoing,
} from '@sluice/contracts';
import { newId } from '@sluice/persistence';
import {
  deadLetters,
  eventually,
  facts,
  testBroker,
  testDatabase,
  type Facts,
  type TestBroker,
  type TestDatabase,
} from '@sluice/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parcelIds } from './parcel.js';
import { orderFrom } from './testing/orders.js';
import { neighbours, RETRY_MS, startLogistics, type Neighbours } from './testing/running.js';

/** Longer than any test: the carrier accepts parcels, and never fetches them. */
const NEVER = { CARRIER_DELAY_SECONDS: '3600' };
const AT_ONCE = { CARRIER_DELAY_SECONDS: '0' };
const conflict = expect.objectContaining({ problem: expect.objectContaining({ status: 409 }) });

let broker: TestBroker;
let database: TestDatabase;
let around: Neighbours;
let received: Facts;
const started: (() => Promise<void>)[] = [];

beforeAll(async () => {
  [broker, database] = await Promise.all([
    testBroker({ tiersMs: [RETRY_MS], outsideTiersMs: [RETRY_MS] }),
    testDatabase('logistics'),
  ]);
  received = await facts(broker);
  around = neighbours(broker.url);
});
afterEach(async () => {
  for (const stop of started.splice(0)) await stop();
});
afterAll(async () => {
  await around?.close();
  await Promise.all([broker?.close(), database?.close()]);
});

const run = (settings: { CARRIER_DELAY_SECONDS?: string; CARRIER_URL?: string }) =>
  startLogistics({ AMQP_URL: broker.url, DATABASE_URL: database.url, ...settings });
const start = async (settings: Parameters<typeof run>[0]) => started.push(await run(settings));
const rows = async (sql: string, values: unknown[]): Promise<Record<string, unknown>[]> =>
  (await database.pool.query(sql, values)).rows as Record<string, unknown>[];

/** Resolves when the message is decided. */
async function send(message: Outgoing): Promise<void> {
  const id = newId();
  await around.send(message, { id });
  await eventually(async () => expect(await rows('SELECT 1 FROM inbox WHERE id = $1', [id])).toHaveLength(1));
}

function order() {
  const { paid, halt } = orderFrom(['east', 'west']);
  const parcels = parcelIds(halt) as [string, string];
  const ours = ({ orderId }: { orderId: string }) => orderId === halt.orderId;
  return {
    parcels,
    paid: OrderPaid(paid),
    halt: HaltParcels(halt),
    answers: () => [...received.of(ParcelsHalted, ours), ...received.of(ParcelsLeft, ours)],
    halted: () => received.of(ParcelsHalted, ours),
    left: () => received.of(ParcelsLeft, ours),
    journeys: () =>
      [ParcelCreated, ParcelDispatched, ParcelDelivered].map((contract) => received.of(contract, ours).length),
    statuses: async () =>
      Promise.all(parcels.map(async (parcelId) => (await around.request(GetParcel, { parcelId })).status)),
    recalled: async () =>
      (await rows('SELECT 1 FROM parcels WHERE id = ANY($1) AND recalled_at IS NOT NULL', [parcels])).length,
    references: async () =>
      (
        await rows('SELECT carrier_reference FROM parcels WHERE id = ANY($1) AND carrier_reference IS NOT NULL', [
          parcels,
        ])
      ).length,
  };
}

/** The messages in each rotation, so that each of them is the first once. */
const rotated = (messages: Outgoing[], by: number): Outgoing[] =>
  messages.map((_, index) => messages[(index + by) % messages.length]!);

/** A paid order with booked parcels. */
async function bookedOrder() {
  const booked = order();
  await send(booked.paid);
  await eventually(async () => expect(await booked.references()).toBe(2));
  return booked;
}

describe('an order that is halted', () => {
  it('keeps its parcels in their warehouses, and the carrier fetches none', async () => {
    await start(NEVER);
    const { halt, parcels, halted, statuses, recalled } = await bookedOrder();
    await send(halt);
    const [answer] = await eventually(() => expect(halted()).toHaveLength(1)).then(halted);
    expect(answer!.parcels.map(({ id }) => id).sort()).toEqual([...parcels].sort());
    expect(await statuses()).toEqual(['halted', 'halted']);
    await eventually(async () => expect(await recalled()).toBe(2));
    for (const step of [DispatchParcel, DeliverParcel])
      await expect(around.request(step, { parcelId: parcels[0] })).rejects.toEqual(conflict);
  });

  it('is not dispatched by a carrier that has not received the recall, and the message does not fail', async () => {
    await start(NEVER);
    const { halt, parcels, statuses, journeys } = await bookedOrder();
    await send(halt);
    for (const parcelId of parcels) for (const step of [DispatchParcel, DeliverParcel]) await send(step({ parcelId }));
    expect(await statuses()).toEqual(['halted', 'halted']);
    const next = await bookedOrder();
    await send(DispatchParcel({ parcelId: next.parcels[0] }));
    await eventually(() => expect(next.journeys()).toEqual([2, 1, 0]));
    expect(journeys()).toEqual([2, 0, 0]);
    expect(await deadLetters(broker, 'logistics.commands')).toEqual([]);
  });

  it('before `order.paid` arrives is never sent, and replies to every halt', async () => {
    await start(AT_ONCE);
    const { halt, paid, halted, statuses, journeys } = order();
    await send(halt);
    await send(paid);
    await send(halt);
    await eventually(() => expect(halted()).toHaveLength(2));
    const next = order();
    await send(next.paid);
    await eventually(() => expect(next.journeys()).toEqual([2, 2, 2]));
    expect([await statuses(), journeys()]).toEqual([
      ['halted', 'halted'],
      [0, 0, 0],
    ]);
  });

  it('continues as a whole when one of its parcels has left', async () => {
    const stop = await run(NEVER);
    const { halt, parcels, answers, left, statuses, journeys } = await bookedOrder();
    await around.request(DispatchParcel, { parcelId: parcels[1] });
    await send(halt);
    await eventually(() => expect(left()).toMatchObject([{ version: 3 }]));
    expect([answers().length, await statuses()]).toEqual([1, ['preparing', 'dispatched']]);
    await stop();
    await start(AT_ONCE);
    await eventually(() => expect(journeys()).toEqual([2, 2, 2]));
  });

  it('is halted as a whole or not at all, with the matching reply, when its parcels leave at that instant', async () => {
    await Promise.all([start(NEVER), start(NEVER)]);
    const orders = await Promise.all(Array.from({ length: 100 }, bookedOrder));
    const race = orders.flatMap(({ halt, parcels: [east, west] }, index) =>
      rotated([halt, DispatchParcel({ parcelId: east }), DispatchParcel({ parcelId: west })], index),
    );
    await Promise.all(race.map(send));
    const outcomes = new Set<string>();
    for (const { halted, left, journeys, statuses } of orders) {
      const [one, other] = await statuses();
      expect(other).toBe(one);
      outcomes.add(one!);
      await eventually(() =>
        expect([halted().length, left().length, journeys()]).toEqual(
          one === 'halted' ? [1, 0, [2, 0, 0]] : [0, 1, [2, 2, 0]],
        ),
      );
    }
    expect([...outcomes].sort()).toEqual(['dispatched', 'halted']);
  }, 60_000);
});

describe('the fake carrier', () => {
  it('fetches no halted parcel, also after a crash of its process', async () => {
    const stop = await run(NEVER);
    const { halt, halted, journeys } = await bookedOrder();
    await send(halt);
    await eventually(() => expect(halted()).toHaveLength(1));
    await stop();
    const next = order();
    await start(AT_ONCE);
    await send(next.paid);
    await eventually(() => expect(next.journeys()).toEqual([2, 2, 2]));
    expect(journeys()).toEqual([2, 0, 0]);
  });

  it('fetches no halted parcel that is booked once more', async () => {
    await start(AT_ONCE);
    const { parcels, halt, paid, statuses, journeys } = order();
    await send(halt);
    await send(paid);
    for (const parcelId of parcels)
      for (const command of [RecallCarrier, BookCarrier]) await send(command({ parcelId }));
    const next = order();
    await send(next.paid);
    await eventually(() => expect(next.journeys()).toEqual([2, 2, 2]));
    expect([await statuses(), journeys()]).toEqual([
      ['halted', 'halted'],
      [0, 0, 0],
    ]);
  });
});

describe('a carrier over HTTP', () => {
  let server: Server;
  const bookings: ServerResponse[] = [];
  const recalls: { parcel: string; key: unknown }[] = [];

  afterEach(() => {
    bookings.length = recalls.length = 0;
    server.closeAllConnections();
    server.close();
  });

  /** Replies to a booking when the test does, and has no record of any parcel that is recalled. */
  async function slowCarrier(): Promise<string> {
    server = createServer((request, response) => {
      if (request.method === 'POST') return void bookings.push(response);
      recalls.push({ parcel: request.url!, key: request.headers['idempotency-key'] });
      response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it.each([
    [
      'is confirmed',
      (booking: ServerResponse) =>
        booking.writeHead(201, { 'content-type': 'application/json' }).end('{"reference":"C-77"}'),
      'C-77',
    ],
    ['is lost', (booking: ServerResponse) => booking.destroy(), null],
  ])('receives a second recall of a parcel whose booking %s only after the first', async (_how, end, reference) => {
    await start({ CARRIER_URL: await slowCarrier() });
    const { paid, halt } = orderFrom(['east']);
    const [id] = parcelIds(halt);
    await send(OrderPaid(paid));
    await eventually(() => expect(bookings).toHaveLength(1));
    await send(HaltParcels(halt));
    await eventually(() => expect(recalls).toHaveLength(1));
    end(bookings[0]!);
    await eventually(() => expect(recalls).toHaveLength(2));
    expect(recalls.map(({ parcel }) => parcel)).toEqual([`/shipments/${id}`, `/shipments/${id}`]);
    expect(recalls[0]!.key).not.toBe(recalls[1]!.key);
    expect(bookings).toHaveLength(1);
    expect(await rows('SELECT status, carrier_reference FROM parcels WHERE id = $1', [id])).toEqual([
      { status: 'halted', carrier_reference: reference },
    ]);
  });
});
