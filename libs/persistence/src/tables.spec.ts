import { OWNERS, testDatabase } from '@sluice/testing';
import { expect, it } from 'vitest';
import { TABLES_SQL } from './tables.js';

/** Columns and indexes of the inbox and the outbox, as PostgreSQL describes them. */
const DESCRIPTION = `
  SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || datetime_precision AS line
  FROM information_schema.columns WHERE table_name IN ('inbox', 'outbox') AND datetime_precision IS NOT NULL
  UNION ALL
  SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
  FROM information_schema.columns WHERE table_name IN ('inbox', 'outbox')
  UNION ALL
  SELECT indexdef FROM pg_indexes WHERE tablename IN ('inbox', 'outbox')
  ORDER BY 1`;

async function described(service: string, options: { schemaSql?: string } = {}): Promise<string[]> {
  const database = await testDatabase(service, options);
  const { rows } = await database.pool.query<{ line: string }>(DESCRIPTION);
  await database.close();
  return rows.map(({ line }) => line);
}

it.each(OWNERS)('the tables of this library are those that the migrations of %s make', async (service) => {
  const tables = await described('tables', { schemaSql: TABLES_SQL });
  expect(tables.length).toBeGreaterThan(8);
  expect(await described(service)).toEqual(tables);
});
