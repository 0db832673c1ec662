import pg from 'pg';
import type { WalCounters } from './system.js';

/** pg_stat_io counts writes of WAL since PostgreSQL 18; before, pg_stat_wal did. */
const SINCE_18 = `SELECT wal_bytes::float AS bytes, wal_fpi::float AS "fullPages",
  (SELECT sum(fsyncs)::float FROM pg_stat_io WHERE object = 'wal') AS fsyncs FROM pg_stat_wal`;
const BEFORE_18 =
  'SELECT wal_bytes::float AS bytes, wal_fpi::float AS "fullPages", wal_sync::float AS fsyncs FROM pg_stat_wal';

/** @returns a function that reads the counters; its connection is closed with the server */
export async function walReader(url: string): Promise<() => Promise<WalCounters>> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // the server is stopped before this process
  await client.connect();
  const { rows } = await client.query<{ version: number }>("SELECT current_setting('server_version_num')::int version");
  const sql = rows[0]!.version >= 180_000 ? SINCE_18 : BEFORE_18;
  return async () => {
    const { rows } = await client.query<{ bytes: number; fullPages: number; fsyncs: number }>(sql);
    const { bytes, ...counters } = rows[0]!;
    return { walBytes: bytes, ...counters };
  };
}
