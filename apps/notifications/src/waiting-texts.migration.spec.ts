import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { testDatabase } from '@sluice/testing';
import { expect, it } from 'vitest';

const MIGRATIONS = path.join(import.meta.dirname, '../../../prisma/notifications/migrations');
const MIGRATION = '20261130000036_waiting_texts';
const [ANN, BOB] = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002'];
const idOf = (n: number): string => `00000000-0000-8000-8000-00000000000${n}`;

const migration = (name: string) => readFile(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8');
const earlier = async (): Promise<string[]> =>
  (await readdir(MIGRATIONS)).filter((name) => /^\d/.test(name) && name < MIGRATION).sort();

it('makes a row of each text that waits in the row of its person, in their order', async () => {
  const schemaSql = (await Promise.all((await earlier()).map(migration))).join('\n');
  const database = await testDatabase('notifications', { schemaSql });
  const { pool } = database;
  try {
    const waiting = [3, 1, 2].map((n) => ({ id: idOf(n), about: `orders/${n}`, text: `Text ${n}` }));
    await pool.query('INSERT INTO recipients (user_id, waiting, version) VALUES ($1, $2, 3), ($3, $4, 1)', [
      ...[ANN, JSON.stringify(waiting)],
      ...[BOB, '[]'],
    ]);
    await pool.query(await migration(MIGRATION));
    const { rows } = await pool.query(
      'SELECT id, user_id, about, text, phone, asked_at, version FROM texts ORDER BY created_at',
    );
    const stored = { user_id: ANN, phone: null, asked_at: null, version: 1 };
    expect(rows).toEqual(waiting.map((text) => ({ ...text, ...stored })));
    expect((await pool.query('SELECT FROM recipients WHERE waiting = $1', ['[]'])).rowCount).toBe(2);
  } finally {
    await database.close();
  }
});
