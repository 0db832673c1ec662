import { DeliverParcel, DispatchParcel } from '@sluice/contracts';
import { Publisher } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { eventually, testBroker, testDatabase, type TestBroker, type TestDatabase } from '@sluice/testing';
import type { Channel } from 'amqplib';
import type { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { FakeCarrier, type FakeCarrierOptions } from './carrier.fake.js';
import type { Shipment } from './carrier.js';
import { orderPaid } from './parcel.js';
import type { Parcel } from './tables.js';
import { orderFrom } from './testing/orders.js';

const COMMANDS = 'logistics.commands';
const STEPS = [DispatchParcel.type, DeliverParcel.type];
/** Longer than any test. Seconds. */
const NEVER = 3_600;
const MINUTE_MS = 60_000;

let broker: TestBroker;
let database: TestDatabase;
let publisher: Publisher;
let channel: Channel;
/** The statements of the carrier that was started last, and those of the test. */
let queries: MockInstance<Pool['query']>;
const running: FakeCarrier[] = [];

beforeAll(async () => {
  [broker, database] = await Promise.all([testBroker(), testDatabase('logistics')]);
  publisher = new Publisher({ url: broker.url });
  channel = await broker.connection.createChannel();
});
beforeEach(async () => {
  await channel.purgeQueue(COMMANDS);
  await database.pool.query('TRUNCATE parcels');
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const carrier of running.splice(0)) await carrier.beforeApplicationShutdown();
});
afterAll(async () => {
  await publisher?.close();
  await Promise.all([broker?.close(), database?.close()]);
});

/** A carrier as a process of logistics starts it; ended with the test, or before as a crash. */
function start(options: FakeCarrierOptions, pool = database.pool): FakeCarrier {
  const carrier = new FakeCarrier(publisher, pool, options);
  queries = vi.spyOn(pool, 'query').mockClear();
  carrier.onApplicationBootstrap();
  running.push(carrier);
  return carrier;
}

const crash = (carrier: FakeCarrier): Promise<void> => carrier.beforeApplicationShutdown();

const shipment = ({ id: parcelId, warehouse, address, lines, orderId }: Parcel): Shipment => ({
  parcelId,
  warehouse,
  address,
  lines,
  correlationId: orderId,
});

const preparing = (): Parcel => orderPaid({}, orderFrom(['east']).paid, new Date()).parcels![0]!;

/** A parcel as logistics stores it. */
async function parcel(stored: Partial<Parcel> = {}): Promise<Parcel> {
  const made = { ...preparing(), ...stored };
  await database.pool.query(
    `INSERT INTO parcels (id, order_id, user_id, warehouse, lines, address, status, carrier_reference, carrier_asked_at,
       created_at, dispatched_at, delivered_at, halted_at, version)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
    [
      ...[made.id, made.orderId, made.userId, made.warehouse, JSON.stringify(made.lines), JSON.stringify(made.address)],
      ...[made.status, made.carrierReference, made.carrierAskedAt, made.createdAt],
      ...[made.dispatchedAt, made.deliveredAt, made.haltedAt, made.version],
    ],
  );
  return made;
}

const booked = (stored: Partial<Parcel> = {}): Promise<Parcel> =>
  parcel({ carrierReference: `fake_${newId()}`, version: 2, ...stored });
const dispatched = (stored: Partial<Parcel> = {}): Promise<Parcel> =>
  booked({ status: 'dispatched', dispatchedAt: new Date(), version: 3, ...stored });
const ago = (ms: number): Date => new Date(Date.now() - ms);

interface Report {
  id: string;
  type: string;
  parcelId: string;
  correlationId: string;
}

/** Takes all reports that are in the queue of logistics. */
async function taken(): Promise<Report[]> {
  const message = await channel.get(COMMANDS, { noAck: true });
  if (!message) return [];
  const { parcelId } = JSON.parse(message.content.toString()) as { parcelId: string };
  const { messageId: id, type, headers } = message.properties;
  const report = { id: id as string, type: type as string, parcelId };
  return [{ ...report, correlationId: headers?.['correlation-id'] as string }, ...(await taken())];
}

/** Resolves to the reports about a parcel when there are so many. */
async function reportsOf(id: string, count: number, before: Report[] = []): Promise<Report[]> {
  const all = before;
  await eventually(async () => {
    all.push(...(await taken()).filter(({ parcelId }) => parcelId === id));
    expect(all).toHaveLength(count);
  });
  return all;
}

const typesOf = (reports: readonly Report[]): string[] => reports.map(({ type }) => type);

/** Resolves when the carrier has read the booked parcels: what it will report without a booking is in its timers. */
const hasStarted = (): Promise<void> =>
  eventually(() => expect(queries.mock.settledResults[0]).toMatchObject({ type: 'fulfilled' }));

describe('the fake carrier', () => {
  it('publishes nothing that its own process handles', async () => {
    const handled: string[] = [];
    const carrier = start({
      delaySeconds: 0,
      handleHere: async ({ properties: { type } }) => {
        handled.push(type);
        return type === DispatchParcel.type;
      },
    });
    const shipped = await parcel();
    await carrier.book(shipment(shipped));
    expect(typesOf(await reportsOf(shipped.id, 1))).toEqual([DeliverParcel.type]);
    expect(handled).toEqual(STEPS);
  });

  it('reports the dispatch and the delivery of a booked parcel, without a statement in the database', async () => {
    const carrier = start({ delaySeconds: 0.05 });
    await hasStarted();
    const shipped = await parcel();
    queries.mockClear();
    expect(await carrier.book(shipment(shipped))).toBe(`fake_${shipped.id}`);
    const reports = await reportsOf(shipped.id, 2);
    expect(typesOf(reports)).toEqual(STEPS);
    expect(reports.map(({ correlationId }) => correlationId)).toEqual([shipped.orderId, shipped.orderId]);
    expect(queries).not.toHaveBeenCalled();
  });

  it('runs two statements a minute while nothing is due, however many parcels are booked', async () => {
    vi.useFakeTimers();
    const query = vi.fn(() => Promise.resolve({ rows: [] }));
    const carrier = start({ delaySeconds: NEVER }, { query } as unknown as Pool);
    for (let n = 0; n < 100; n += 1) await carrier.book(shipment(preparing()));
    const atStart = query.mock.calls.length;
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(query.mock.calls.length - atStart).toBe(20);
  });

  it('reports each step under one message id, whichever process reports it', async () => {
    const shipped = await booked({ carrierAskedAt: ago(MINUTE_MS) });
    start({ delaySeconds: 0 });
    const ids = (await reportsOf(shipped.id, 2)).map(({ id }) => id);
    start({ delaySeconds: 0 });
    expect((await reportsOf(shipped.id, 2)).map(({ id }) => id)).toEqual(ids);
    expect(new Set(ids).size).toBe(2);
  });

  it('reports again what the broker did not take', async () => {
    await channel.deleteQueue(COMMANDS);
    const publish = vi.spyOn(publisher, 'publish');
    const shipped = await parcel();
    await start({ delaySeconds: 0, retryMs: 10 }).book(shipment(shipped));
    await eventually(() => expect(publish.mock.calls.length).toBeGreaterThan(1));
    await broker.apply();
    // A round may meet the queue between its two reports: then both come again, under their ids.
    const ids = new Set<string>();
    await eventually(async () => {
      for (const { id, parcelId } of await taken()) if (parcelId === shipped.id) ids.add(id);
      expect(ids.size).toBe(STEPS.length);
    });
  });

  it('does not fetch a recalled parcel', async () => {
    const carrier = start({ delaySeconds: 0.1 });
    const [recalled, next] = [await parcel(), await parcel()];
    await carrier.book(shipment(recalled));
    await carrier.recall({ parcelId: recalled.id, key: newId(), correlationId: 'one-order' });
    await carrier.book(shipment(next));
    const reports: Report[] = [];
    await eventually(async () => {
      reports.push(...(await taken()));
      expect(typesOf(reports)).toEqual(STEPS);
    });
    expect(new Set(reports.map(({ parcelId }) => parcelId))).toEqual(new Set([next.id]));
  });
});

describe('after a crash of its process, the fake carrier', () => {
  it('dispatches what was booked', async () => {
    const shipped = await booked();
    const carrier = start({ delaySeconds: NEVER });
    await carrier.book(shipment(shipped));
    await crash(carrier);
    start({ delaySeconds: 0 });
    expect(typesOf(await reportsOf(shipped.id, 2))).toEqual(STEPS);
  });

  it('waits until the rest of the delay has passed by the clock of the database', async () => {
    const [due, later] = [await booked({ carrierAskedAt: ago(2 * MINUTE_MS) }), await booked()];
    start({ delaySeconds: 60 });
    expect(typesOf(await reportsOf(due.id, 1))).toEqual([DispatchParcel.type]);
    start({ delaySeconds: 0.2 });
    expect(typesOf(await reportsOf(later.id, 2))).toEqual(STEPS);
  });

  it('delivers what was dispatched', async () => {
    const shipped = await dispatched();
    start({ delaySeconds: 0 });
    expect(typesOf(await reportsOf(shipped.id, 1))).toEqual([DeliverParcel.type]);
  });

  it('does nothing for parcels that are not with it: not booked, halted, delivered, or with another carrier', async () => {
    const others = [
      await parcel(),
      await booked({ status: 'halted', haltedAt: new Date() }),
      await dispatched({ status: 'delivered', deliveredAt: new Date() }),
      await booked({ carrierReference: 'C-77' }),
      await booked({ carrierReference: 'fakes_77' }),
    ];
    const shipped = await booked();
    start({ delaySeconds: 0 });
    const reports = await reportsOf(shipped.id, 2);
    const ids = others.map(({ id }) => id);
    expect([...reports, ...(await taken())].filter(({ parcelId }) => ids.includes(parcelId))).toEqual([]);
  });

  it('continues in another process when its own does not return', async () => {
    start({ delaySeconds: 0, takeOverEveryMs: 20 });
    await hasStarted();
    await booked();
    const overdue = await booked({ carrierAskedAt: ago(MINUTE_MS) });
    // By message id: nobody handles the reports here, so the parcel stays overdue and is reported in every round.
    const reports = new Map<string, Report>();
    await eventually(async () => {
      for (const report of await taken()) reports.set(report.id, report);
      expect(typesOf([...reports.values()])).toEqual(STEPS);
    });
    for (const { id, parcelId } of await taken()) expect([reports.has(id), parcelId]).toEqual([true, overdue.id]);
  });
});
