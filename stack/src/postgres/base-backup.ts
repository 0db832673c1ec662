import { copyFile, mkdir, open, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { codeOf } from '../errors.js';
import { Failure } from '../failure.js';

/**
 * Files and folders that a server makes itself, or that belong to the running one
 * (https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP-DATA). Of a folder
 * with `/` only the content is left out.
 */
const OMITTED = [
  /^postmaster\.(pid|opts)$/,
  /^(pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\//,
  /(^|\/)pgsql_tmp/,
  /(^|\/)pg_internal\.init/,
];

/** `pg_backup_start` is called otherwise before. */
const OLDEST = 150_000;
const WAL = 'pg_wal';
/** Keeps the log since the beginning of the backup; it ends with its connection. */
const SLOT = 'sluice_backup';

export interface BaseBackup {
  /** Of all files, without the log of changes. */
  bytes: number;
  /** The moment that a restore of it comes to, by the clock of the database; RFC 3339. */
  takenAt: string;
}

/**
 * Copies the data folder of a running server, and the log of changes that makes the copy consistent: a base backup by
 * PostgreSQL's low-level API, since the PostgreSQL of npm has no pg_basebackup. All databases are as at one moment, and
 * nothing waits.
 * @param client of the administrator, connected during the whole backup @param data the server's folder
 * @throws Failure when that cannot be copied
 */
export async function baseBackup(client: pg.Client, data: string, to: string): Promise<BaseBackup> {
  await requireOneFolder(client);
  await client.query('SELECT pg_create_physical_replication_slot($1, true, true)', [SLOT]);
  const { first } = await one<{ first: string }>(
    client,
    "SELECT pg_walfile_name(pg_backup_start('sluice', true)) AS first",
  );
  const bytes = await copyTree(data, to);
  const stopped = await one<Stopped>(client, STOP);
  await writeFile(path.join(to, 'backup_label'), stopped.label, { mode: 0o600 });
  await copyLog(path.join(data, WAL), path.join(to, WAL), { first, last: stopped.last });
  return { bytes, takenAt: stopped.at };
}

interface Stopped {
  label: string;
  last: string;
  at: string;
}

/** The end of the log that is needed; the server closes that segment. */
const STOP = `
  SELECT labelfile AS label, pg_walfile_name(lsn) AS last,
    to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
  FROM pg_backup_stop(true)`;

/** @throws Failure when not all is in the data folder, or the server is too old */
async function requireOneFolder(client: pg.Client): Promise<void> {
  const { version, tablespaces } = await one<{ version: number; tablespaces: number }>(
    client,
    `SELECT current_setting('server_version_num')::int AS version, (SELECT count(*)::int FROM pg_tablespace
     WHERE spcname NOT IN ('pg_default', 'pg_global')) AS tablespaces`,
  );
  if (version < OLDEST)
    throw new Failure('a backup takes PostgreSQL 15 or later', 'With an older one: npm run stop, and copy the data.');
  if (tablespaces > 0)
    throw new Failure('the server has tablespaces, which are outside of its data folder', 'pg_basebackup copies them.');
}

async function one<Row extends pg.QueryResultRow>(client: pg.Client, sql: string): Promise<Row> {
  const { rows } = await client.query<Row>(sql);
  if (!rows[0]) throw new Error(`no row: ${sql}`);
  return rows[0];
}

/** Files come and go meanwhile; the log has what happened to them. @returns bytes */
async function copyTree(from: string, to: string, below = ''): Promise<number> {
  await mkdir(path.join(to, below), { recursive: true, mode: 0o700 });
  let bytes = 0;
  for (const entry of await readdir(path.join(from, below), { withFileTypes: true })) {
    const name = path.posix.join(below, entry.name);
    if (OMITTED.some((pattern) => pattern.test(name))) continue;
    if (entry.isDirectory()) bytes += await copyTree(from, to, name);
    else bytes += await copyOne(path.join(from, name), path.join(to, name));
  }
  return bytes;
}

/** To the disk: a backup that a power failure takes away is none. @returns bytes, 0 for a file that is gone */
async function copyOne(from: string, to: string): Promise<number> {
  try {
    await copyFile(from, to);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
  const file = await open(to, 'r+');
  await file.sync();
  await file.close();
  return (await stat(to)).size;
}

/** A segment's name is its timeline and its place in the log: names are in the order of the log. */
async function copyLog(from: string, to: string, { first, last }: { first: string; last: string }): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const isNeeded = (name: string): boolean =>
    (/^[0-9A-F]{24}$/.test(name) && name >= first && name <= last) || name.endsWith('.history');
  for (const name of (await readdir(from)).filter(isNeeded)) await copyOne(path.join(from, name), path.join(to, name));
}
