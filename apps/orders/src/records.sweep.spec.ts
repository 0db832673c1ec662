import { newId } from '@sluice/persistence';
import { eventually, testBroker, testDatabase, type TestDatabase } from '@sluice/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cancel } from './cancellation.js';
import { place } from './placing.js';
import { pruneRecords } from './records.sweep.js';
import { orderTables, type Row } from './tables.js';
import { ATTENDED, PRICES, UNATTENDED } from './testing/given.js';
import { RETRY_MS } from './testing/running.js';
import { newRequest, openScene } from './testing/scene.js';

const DAYS = 40;
const ago = (days: number): Date => new Date(Date.now() - days * 86_400_000);

const impossible = (userId: string) => newRequest({ userId, lines: [{ sku: 'NOPE', quantity: 1 }] });
const refused = (userId: string, at: Date) => place(undefined, impossible(userId), PRICES, ATTENDED, at).order!;
const rejected = (userId: string, at: Date) => place(undefined, impossible(userId), PRICES, UNATTENDED, at).order!;
const early = (userId: string, at: Date) => cancel(undefined, { orderId: newId(), userId }, at).order!;

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
function write({ pool }: Pick<TestDatabase, 'pool'>, rows: Row[]): Promise<unknown> {
  const columns = rows.map((row) =>
    Object.fromEntries(orderTables.orders.columns.map((name) => [snake(name), row[name as keyof Row]])),
  );
  return pool.query('INSERT INTO orders SELECT * FROM jsonb_populate_recordset(null::orders, $1::jsonb)', [
    JSON.stringify(columns),
  ]);
}
const stored = async ({ pool }: Pick<TestDatabase, 'pool'>) =>
  (await pool.query<{ id: string }>('SELECT id FROM orders ORDER BY id')).rows.map(({ id }) => id);
const idsOf = (rows: Row[]) => rows.map(({ id }) => id).sort();

describe('refused requests and early cancellations', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase('orders');
  });
  beforeEach(() => database.pool.query('TRUNCATE orders'));
  afterAll(() => database?.close());

  it('are deleted when they are older than the inbox, however many; orders and placeholders stay', async () => {
    const userId = newId();
    const stay = [
      refused(userId, ago(DAYS - 1)),
      early(userId, ago(DAYS - 1)),
      rejected(userId, ago(DAYS + 1)),
      { ...early(newId(), ago(DAYS + 1)), version: 0 } as unknown as Row,
    ];
    const old = Array.from({ length: 1_100 }, () => [
      refused(newId(), ago(DAYS + 1)),
      early(newId(), ago(DAYS + 1)),
    ]).flat();
    await write(database, [...stay, ...old]);
    expect(await pruneRecords(database.pool, DAYS)).toBe(old.length);
    expect(await stored(database)).toEqual(idsOf(stay));
  });

  it('are kept up to the newest hundred of each user', async () => {
    const [many, few] = [newId(), newId()];
    const records = Array.from({ length: 130 }, (_, n) =>
      (n % 2 === 0 ? refused : early)(many, new Date(Date.now() - n * 1_000)),
    );
    const others = [refused(few, ago(1)), early(few, ago(1))];
    await write(database, [...records, ...others]);
    expect(await pruneRecords(database.pool, DAYS)).toBe(30);
    expect(await stored(database)).toEqual(idsOf([...records.slice(0, 100), ...others]));
  });

  it('are left to the next round while a unit of work holds them', async () => {
    const [held, free] = [refused(newId(), ago(DAYS + 1)), refused(newId(), ago(DAYS + 1))];
    await write(database, [held, free]);
    const other = await database.pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT 1 FROM orders WHERE id = $1 FOR NO KEY UPDATE', [held.id]);
    expect(await pruneRecords(database.pool, DAYS)).toBe(1);
    await other.query('ROLLBACK');
    other.release();
    expect(await stored(database)).toEqual([held.id]);
    expect(await pruneRecords(database.pool, DAYS)).toBe(1);
  });
});

it('the service deletes them periodically', async () => {
  const database = await testDatabase('orders');
  const scene = await openScene(
    { broker: await testBroker({ tiersMs: [RETRY_MS] }), database, eventually },
    { RECORDS_PRUNE_MS: '200', INBOX_RETENTION_DAYS: '3' },
  );
  try {
    const [old, young] = [refused(newId(), ago(4)), refused(newId(), ago(2))];
    await write(database, [old, young]);
    await eventually(async () => expect(await stored(database)).toEqual([young.id]));
  } finally {
    await scene.stop();
  }
});
