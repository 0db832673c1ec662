import { fdatasyncSync, openSync, rmSync, closeSync, writeSync } from 'node:fs';
import path from 'node:path';
import { testDatabase, type TestDatabase } from '@sluice/testing';
import pg from 'pg';
import { walReader } from '../orders/wal.js';
import { cpuOf } from '../processes.js';
import type { Values } from '../rounds.js';
import { median } from '../table/statistics.js';

const SCHEMA = 'CREATE TABLE written (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text)';
const ONE = "INSERT INTO written (text) VALUES ('one small row, as the outcome of a message')";
/** 40 MB in rows that are too short to be compressed, and cost nothing to make. */
const MANY = "INSERT INTO written (text) SELECT repeat('x', 1000) FROM generate_series(1, 40000)";

/** Bytes of log so far: unlike the statistics, this is never late. */
const WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float AS n";

/** Small transactions per second of one server at a number of connections, and its processor time for each. */
export async function commitsPerSecond(connections: number, seconds: number, postgresPid: number): Promise<Values> {
  const database = await testDatabase('bench', { schemaSql: SCHEMA });
  const clients = await connected(database, connections);
  const wal = await walReader(database.url);
  const parts = { postgres: [postgresPid] };
  try {
    const [before, cpuMs, end] = [await wal(), cpuOf(parts).postgres!, performance.now() + seconds * 1_000];
    let commits = 0;
    const work = async (client: pg.Client): Promise<void> => {
      for (; performance.now() < end; commits++) await client.query({ name: 'one', text: ONE });
    };
    await Promise.all(clients.map(work));
    const [after, spentMs] = [await wal(), cpuOf(parts).postgres! - cpuMs];
    return {
      'per second': commits / seconds,
      'CPU µs': (spentMs * 1_000) / commits,
      'commits per fsync': commits / (after.fsyncs - before.fsyncs),
    };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await database.close();
  }
}

/** Log that one server writes when all it does is to write: 40 MB for each connection. */
export async function walMbPerSecond(connections: number): Promise<Values> {
  const database = await testDatabase('bench', { schemaSql: SCHEMA });
  const clients = await connected(database, connections);
  const written = async (): Promise<number> => (await clients[0]!.query<{ n: number }>(WRITTEN)).rows[0]!.n;
  try {
    const [before, began] = [await written(), performance.now()];
    await Promise.all(clients.map((client) => client.query(MANY)));
    const seconds = (performance.now() - began) / 1_000;
    return { 'MB per second': ((await written()) - before) / 1_000_000 / seconds };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await database.close();
  }
}

const connected = (database: TestDatabase, count: number): Promise<pg.Client[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      return client;
    }),
  );

/** One write of 8 kB until it is on the disk. Milliseconds. */
export function fsyncMs(folder: string): number {
  const file = path.join(folder, 'fsync');
  const descriptor = openSync(file, 'w');
  const block = Buffer.alloc(8_192, 'x');
  const times = Array.from({ length: 200 }, () => {
    const began = performance.now();
    writeSync(descriptor, block, 0, block.length, 0);
    fdatasyncSync(descriptor);
    return performance.now() - began;
  });
  closeSync(descriptor);
  rmSync(file);
  return median(times);
}
