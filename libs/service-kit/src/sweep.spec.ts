import type { Message } from '@sluice/contracts';
import { eventually, testDatabase, type TestDatabase } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { BATCH_SIZE, Sweep, type OverdueState } from './sweep.js';

let database: TestDatabase;
const sweeps = new Set<Sweep>();
beforeAll(
  async () =>
    (database = await testDatabase('probe', {
      schemaSql:
        'CREATE TABLE promises (id text PRIMARY KEY, since timestamptz NOT NULL, resent int NOT NULL DEFAULT 0)',
    })),
);
afterEach(async () => {
  await Promise.all([...sweeps].map((sweep) => sweep.beforeApplicationShutdown()));
  sweeps.clear();
  await database.pool.query('TRUNCATE promises');
});
afterAll(() => database.close());

const promise = (id: string, ageSeconds: number) =>
  database.pool.query("INSERT INTO promises VALUES ($1, now() - $2 * interval '1 second')", [id, ageSeconds]);
const keep = (id: string) =>
  database.pool.query('UPDATE promises SET since = now(), resent = resent + 1 WHERE id = $1', [id]);
const resent = async () =>
  (await database.pool.query<{ id: string; resent: number }>('SELECT id, resent FROM promises ORDER BY id')).rows.map(
    (row) => row.resent,
  );

function sweeping(resend: OverdueState['resend']): void {
  const sql = `SELECT id FROM promises WHERE since < now() - $1 * interval '1 second'
    ORDER BY since LIMIT ${BATCH_SIZE}`;
  const sweep = new Sweep('promises', 20, database.pool, [
    { found: 'promises without an answer', sql, parameters: [60], resend },
  ]);
  sweeps.add(sweep);
  sweep.onApplicationBootstrap();
}

it('resends exactly what is overdue, once each time that it is overdue', async () => {
  const messages: Message[] = [];
  await Promise.all([promise('1', 3_600), promise('2', 10), promise('3', 120)]);
  sweeping(async (message, id) => {
    messages.push(message);
    await keep(id);
  });
  await eventually(async () => expect(await resent()).toEqual([1, 0, 1]));
  await promise('4', 61);
  await eventually(async () => expect(await resent()).toEqual([1, 0, 1, 1]));
  expect(messages.map(({ type, correlationId, data }) => [type, correlationId, data])).toEqual([
    ['promises.sweep', '1', { id: '1' }],
    ['promises.sweep', '3', { id: '3' }],
    ['promises.sweep', '4', { id: '4' }],
  ]);
  expect(new Set(messages.map(({ id }) => id)).size).toBe(3);
});

it('is not delayed by a row that fails, and tries that row again', async () => {
  let failures = 0;
  await Promise.all([promise('1', 3_600), promise('2', 120)]);
  sweeping(async (_, id) => {
    if (id === '1' && failures++ < 2) throw new Error('not now');
    await keep(id);
  });
  await eventually(async () => expect(await resent()).toEqual([1, 1]));
  expect(failures).toBe(3);
});

it('resends all overdue rows, even more than one batch', async () => {
  await database.pool.query(
    "INSERT INTO promises SELECT n, now() - interval '1 hour' FROM generate_series(1, $1) AS n",
    [BATCH_SIZE + 7],
  );
  sweeping((_, id) => keep(id));
  await eventually(async () => expect((await resent()).every((times) => times === 1)).toBe(true));
  expect(await resent()).toHaveLength(BATCH_SIZE + 7);
});
