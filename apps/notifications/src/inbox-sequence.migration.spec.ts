import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { testDatabase } from '@sluice/testing';
import { expect, it } from 'vitest';

const MIGRATIONS = path.join(import.meta.dirname, '../../../prisma/notifications/migrations');
const MIGRATION = '20261130095000_inbox_sequence';
const [ANN, BOB] = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002'];
const idOf = (n: number): string => `00000000-0000-8000-8000-00000000000${n}`;

const migration = (name: string) => readFile(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8');
const earlier = async (): Promise<string[]> =>
  (await readdir(MIGRATIONS)).filter((name) => /^\d/.test(name) && name < MIGRATION).sort();

it('numbers the entries that there are, per person and from the oldest, and counts them', async () => {
  const schemaSql = (await Promise.all((await earlier()).map(migration))).join('\n');
  const database = await testDatabase('notifications', { schemaSql });
  const { pool } = database;
  try {
    const entry = (n: number, user: string, channel: string): string =>
      `('${idOf(n)}', '${user}', '${channel}', 'orders/1', 'Text', 'kept', now() - interval '${n} minutes', now(), 1)`;
    const entries = [entry(1, ANN, 'inbox'), entry(2, ANN, 'sms'), entry(3, ANN, 'inbox'), entry(4, BOB, 'inbox')];
    await pool.query(`INSERT INTO recipients (user_id, phone, version) VALUES ('${ANN}', '+15550001', 7)`);
    await pool.query(
      `INSERT INTO deliveries (id, user_id, channel, about, text, status, created_at, sent_at, version)
       VALUES ${entries.join()}`,
    );
    await pool.query(await migration(MIGRATION));
    const { rows } = await pool.query('SELECT id, sequence FROM deliveries ORDER BY id');
    expect(rows.map(({ sequence }) => sequence as number | null)).toEqual([2, null, 1, 1]);
    const recipients = await pool.query('SELECT user_id, phone, entries, version FROM recipients ORDER BY user_id');
    expect(recipients.rows).toEqual([
      { user_id: ANN, phone: '+15550001', entries: 2, version: 7 },
      { user_id: BOB, phone: null, entries: 1, version: 1 },
    ]);
  } finally {
    await database.close();
  }
});
