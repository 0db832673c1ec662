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
/** `POST <parcel>` of a booking, `DELETE <parcel>` of a recall. */
const asked: string[] = [];
const refused = new Set<string>();
let away = false;

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
    asked.push(call);
    response.writeHead(away ? 503 : refused.has(call) ? 422 : 200).end('{"reference":"C-1"}');
  }).listen(0, '127.0.0.1');
  await once(carrier, 'listening');
});
afterEach(async () => {
  for (const stop of started.splice(0)) await stop();
  asked.length = 0;
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

/** A parcel that waits for a message that nobody has any more; times are how long ago. */
async function left(columns: Record<string, string>): Promise<string> {
  const id = newId();
  const values = Object.entries(columns).map(([name, value]) =>
    name.endsWith('_at') ? `now() - interval '${value}'` : `'${value}'`,
  );
  await database.pool.query(
    `INSERT INTO parcels (id, order_id, user_id, warehouse, lines, address, version, ${Object.keys(columns).join()})
     VALUES ($1, $2, $3, 'east', '[{"sku":"TEE","quantity":1}]', '{"name":"A","street":"S","city":"C","postcode":"P","country":"GB"}', 1, ${values.join()})`,
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
/** The sweep has looked at everything once more. */
const aRoundPasses = async () => isBooked(await left(PREPARING));
const letters = async (id: string) =>
  (await deadLetters(broker, 'logistics.bookings')).filter(({ body }) => body.includes(id));
const callsAbout = (id: string) => asked.filter((call) => call.endsWith(id));

it('books and recalls when the message that should is lost', async () => {
  const [preparing, halted] = [await left(PREPARING), await left(HALTED)];
  await start();
  await isBooked(preparing);
  await isRecalled(halted);
});

it('leaves alone what the carrier has answered, what it never had, and what was halted by a version that did not keep whether it was recalled', async () => {
  const all = [
    await left({ ...PREPARING, carrier_reference: 'C-0' }),
    await left({ ...HALTED, recalled_at: '1 second' }),
    await left({ status: 'halted', created_at: '1 hour', halted_at: '1 hour' }),
    await left({ ...PREPARING, created_at: '1 hour', carrier_asked_at: '20 minutes' }),
  ];
  const rows = async () =>
    (await database.pool.query('SELECT * FROM parcels WHERE id = ANY($1) ORDER BY id', [all])).rows as unknown[];
  const before = await rows();
  await start();
  await aRoundPasses();
  await aRoundPasses();
  expect(await rows()).toEqual(before);
  expect(all.flatMap(callsAbout)).toEqual([]);
});

it('makes one dead letter of what the carrier refuses for good, and asks no more by itself', async () => {
  const [booking, recall] = [await left(PREPARING), await left(HALTED)];
  for (const call of [`POST ${booking}`, `DELETE ${recall}`]) refused.add(call);
  await start();
  for (const id of [booking, recall]) await eventually(async () => expect(await letters(id)).toHaveLength(1));
  for (let round = 0; round < 4; round += 1) await aRoundPasses();
  for (const id of [booking, recall]) {
    expect(callsAbout(id)).toHaveLength(1);
    expect((await row(id))['carrier_refusal']).toContain('the carrier answered 422');
  }
});

it('asks at most twice for each, though several processes look, and the carrier has it once', async () => {
  await Promise.all([start(), start()]);
  const all = await Promise.all(Array.from({ length: 30 }, (_, n) => left(n % 2 ? PREPARING : HALTED)));
  for (const [n, id] of all.entries()) await (n % 2 ? isBooked(id) : isRecalled(id));
  await aRoundPasses();
  for (const id of all) expect(callsAbout(id).length).toBeLessThanOrEqual(2);
});

/** The database refuses connections, and ends those that it has. */
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
  ['the carrier is away', async () => void (away = true), async () => void (away = false), 'carrier'],
  ['the database refuses connections', () => setDatabase(false), () => setDatabase(true), 'database'],
])(
  'loses no booking and no recall while %s, and they are done within 5 s of its return',
  async (_, fail, cure, dependency) => {
    const [preparing, halted] = [
      await Promise.all([1, 2, 3].map(() => left(PREPARING))),
      await Promise.all([1, 2, 3].map(() => left(HALTED))),
    ];
    await start('3600');
    await fail();
    for (const parcelId of preparing) await around.send(BookCarrier({ parcelId }));
    for (const parcelId of halted) await around.send(RecallCarrier({ parcelId }));
    await eventually(() => expect(dependencies.isSick(dependency)).toBe(true));
    await cure();
    for (const id of preparing) await isBooked(id);
    for (const id of halted) await isRecalled(id);
    for (const id of [...preparing, ...halted]) expect(await letters(id)).toEqual([]);
  },
);
