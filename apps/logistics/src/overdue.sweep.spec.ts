import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { BookCarrier, RecallCarrier } from '@sluice/contracts';
import { dependencies } from '@sluice/messaging';
import { newId } from '@sluice/persistence';
import { deadLetters, eventually, testBroker, testDatabase, type TestBroker, type TestDatabase } from '@sluice/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { neighbours, RETRY_MS, startLogistics, type Neighbours } from './testing/running.js';

let broker: TestBroker;
let database: TestDatabase;
let around: Neighbours;
let carrier: Server;
const started: (() => Promise<void>)[] = [];
/** Calls to the carrier: `POST <parcel>` of a booking, `DELETE <parcel>` of a recall. */
const calls: string[] = [];
const refused = new Set<string>();
let isDown = false;

beforeAll(async () => {
  [broker, database] = await Promise.all([
    testBroker({ tiersMs: [RETRY_MS], outsideTiersMs: [RETRY_MS] }),
    testDatabase('logistics'),
  ]);
  around = neighbours(broker.url);
  carrier = createServer((request, response) => {
    request.resume();
    const parcel = request.method === 'POST' ? request.headers['idempotency-key'] : request.url!.split('/').at(-1);
    const call = `${request.method} ${String(parcel)}`;
    calls.push(call);
    response.writeHead(isDown ? 503 : refused.has(call) ? 422 : 200).end('{"reference":"C-1"}');
  }).listen(0, '127.0.0.1');
  await once(carrier, 'listening');
});
afterEach(async () => {
  for (const stop of started.splice(0)) await stop();
  calls.length = 0;
  await database.pool.query('TRUNCATE parcels');
});
afterAll(async () => {
  await around?.close();
  carrier?.close();
  await Promise.all([broker?.close(), database?.close()]);
});

const start = async (ASK_AGAIN_SECONDS = '1') => {
  const CARRIER_URL = `http://127.0.0.1:${(carrier.address() as AddressInfo).port}`;
  started.push(
    await startLogistics({ AMQP_URL: broker.url, DATABASE_URL: database.url, CARRIER_URL, ASK_AGAIN_SECONDS }),
  );
};

const PREPARING = { status: 'preparing', created_at: '10 seconds', carrier_asked_at: '10 seconds' };
const HALTED = { status: 'halted', created_at: '1 hour', carrier_asked_at: '10 seconds', halted_at: '10 seconds' };

/** Inserts a parcel that waits for a message that no longer exists; times are how long ago. */
async function insertWaiting(columns: Record<string, string>): Promise<string> {
  const id = newId();
  const values = Object.entries(columns).map(([name, value]) =>
    name.endsWith('_at') ? `now() - interval '${value}'` : `'${value}'`,
  );
  await database.pool.query(
    `INSERT INTO parcels (id, order_id, user_id, warehouse, lines, address, version, ${Object.keys(columns).join()})

     VALUES ($1, $2, $3, 'east', '[{"sku":"TEE","quantity":1}]',
       '{"name":"A","street":"S","city":"C","postcode":"P","country":"GB"}', 1, ${values.join()})`,
    [id, newId(), newId()],
  );
  return id;
}

const row = async (id: string) =>
  (await database.pool.query<Record<string, unknown>>('SELECT * FROM parcels WHERE id = $1', [id])).rows[0]!;
const SOON = { withinMs: 5_000 };
const isBooked = (id: string) =>
  eventually(async () => expect(await row(id)).toMatchObject({ carrier_reference: 'C-1' }), SOON);
const isRecalled = (id: string) =>
  eventually(async () => expect(await row(id)).toMatchObject({ recalled_at: expect.any(Date) }), SOON);
/** Waits for one more complete run of the sweep. */
const sweepRuns = async () => isBooked(await insertWaiting(PREPARING));
const deadLettersAbout = async (id: string) =>
  (await deadLetters(broker, 'logistics.bookings')).filter(({ body }) => body.includes(id));
const callsAbout = (id: string) => calls.filter((call) => call.endsWith(id));

it('books and recalls when the message for it is lost', async () => {
  const [preparing, halted] = [await insertWaiting(PREPARING), await insertWaiting(HALTED)];
  await start();
  await isBooked(preparing);
  await isRecalled(halted);
});

it('does not repeat finished requests, recalls without a booking, and recalls of a version that did not store them', async () => {
  const all = [
    await insertWaiting({ ...PREPARING, carrier_reference: 'C-0' }),
    await insertWaiting({ ...HALTED, recalled_at: '1 second' }),
    await insertWaiting({ status: 'halted', created_at: '1 hour', halted_at: '1 hour' }),
    await insertWaiting({ ...PREPARING, created_at: '1 hour', carrier_asked_at: '20 minutes' }),
  ];
  const rows = async () =>
    (await database.pool.query('SELECT * FROM parcels WHERE id = ANY($1) ORDER BY id', [all])).rows as unknown[];
  const before = await rows();
  await start();
  await sweepRuns();
  await sweepRuns();
  expect(await rows()).toEqual(before);
  expect(all.flatMap(callsAbout)).toEqual([]);
});

it('makes one dead letter of a request that the carrier refuses for good, and does not repeat it automatically', async () => {
  const [booking, recall] = [await insertWaiting(PREPARING), await insertWaiting(HALTED)];
  for (const call of [`POST ${booking}`, `DELETE ${recall}`]) refused.add(call);
  await start();
  for (const id of [booking, recall]) await eventually(async () => expect(await deadLettersAbout(id)).toHaveLength(1));
  for (let round = 0; round < 4; round += 1) await sweepRuns();
  for (const id of [booking, recall]) {
    expect(callsAbout(id)).toHaveLength(1);
    expect((await row(id))['carrier_refusal']).toContain('the carrier answered 422');
  }
});

it('sends each request at most twice, though several processes sweep, and the carrier books once', async () => {
  await Promise.all([start(), start()]);
  const all = await Promise.all(Array.from({ length: 30 }, (_, n) => insertWaiting(n % 2 ? PREPARING : HALTED)));
  for (const [n, id] of all.entries()) await (n % 2 ? isBooked(id) : isRecalled(id));
  await sweepRuns();
  for (const id of all) expect(callsAbout(id).length).toBeLessThanOrEqual(2);
});

/** Makes the database refuse connections and ends the existing ones, or accept them again. */
async function setDatabase(reachable: boolean): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  const server = new pg.Client({
    connectionString: Object.assign(new URL(database.url), { pathname: 'postgres' }).href,
  });
  await server.connect();
  await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${reachable}`);
  if (!reachable)
    await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  await server.end();
}

it.each([
  ['the carrier is down', async () => void (isDown = true), async () => void (isDown = false), 'carrier'],
  ['the database refuses connections', () => setDatabase(false), () => setDatabase(true), 'database'],
])(
  'loses no booking and no recall while %s, and finishes them within 5 s of its return',
  async (_, fail, cure, dependency) => {
    const [preparing, halted] = [
      await Promise.all([1, 2, 3].map(() => insertWaiting(PREPARING))),
      await Promise.all([1, 2, 3].map(() => insertWaiting(HALTED))),
    ];
    await start('3600');
    await fail();
    for (const parcelId of preparing) await around.send(BookCarrier({ parcelId }));
    for (const parcelId of halted) await around.send(RecallCarrier({ parcelId }));
    await eventually(() => expect(dependencies.isSick(dependency)).toBe(true));
    await cure();
    for (const id of preparing) await isBooked(id);
    for (const id of halted) await isRecalled(id);
    for (const id of [...preparing, ...halted]) expect(await deadLettersAbout(id)).toEqual([]);
  },
);
