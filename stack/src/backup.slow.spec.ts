import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBackup, takeBackup } from './backup.js';
import { databaseName } from './databases/databases.js';
import { queryRows } from './databases/query-rows.js';
import { startPostgres } from './postgres/postgres.js';
import { remove, temporaryStateDirectory } from './private-servers.js';
import { requireSameVersion, requireStopped, restoreBackup } from './restore.js';
import type { StateDirectory } from './state-directory.js';
import { databaseServices } from './workspace.js';

const SECRETS = { tokenPrivateKey: 'private', tokenPublicKey: 'public', idempotencySecret: 'secret' };
const [ORDERS, PAYMENTS] = ['orders', 'payments'].map(databaseName) as [string, string];

let home: StateDirectory;
let admin: string;
const urlOf = (database: string): string => Object.assign(new URL(admin), { pathname: `/${database}` }).href;

beforeEach(async () => {
  home = temporaryStateDirectory();
  ({ url: admin } = await startPostgres(home));
  for (const service of databaseServices()) {
    await queryRows(admin, `CREATE DATABASE ${databaseName(service)}`);
    await queryRows(urlOf(databaseName(service)), 'CREATE TABLE outbox (id int); CREATE TABLE steps (n int)');
  }
  home.remember('secrets', SECRETS);
  home.remember('topology', { digest: 'of the map' });
}, 60_000);
afterEach(() => remove(home));

const stop = async (): Promise<void> => (await startPostgres(home)).stop();
const restored = async (folder: string): Promise<void> => restoreBackup(home, folder, readBackup(folder), () => {});
const steps = async (database: string): Promise<number> =>
  (await queryRows<{ n: number }>(urlOf(database), 'SELECT coalesce(max(n), 0) AS n FROM steps'))[0]!.n;

/** Counts in two databases, always first in orders, then in payments, as long as the backup is taken. */
async function counting(work: () => Promise<unknown>): Promise<number> {
  const [orders, payments] = [new pg.Client(urlOf(ORDERS)), new pg.Client(urlOf(PAYMENTS))];
  await Promise.all([orders.connect(), payments.connect()]);
  let [n, isOver] = [0, false];
  const count = async (): Promise<void> => {
    for (; !isOver; n++)
      for (const client of [orders, payments]) await client.query('INSERT INTO steps VALUES ($1)', [n + 1]);
  };
  await Promise.all([count(), work().finally(() => (isOver = true))]);
  await Promise.all([orders.end(), payments.end()]);
  return n;
}

describe('a backup', () => {
  it('is of one moment for all databases, taken while they are written, and comes back with the secrets', async () => {
    const folder = path.join(home.dir, 'taken');
    const counted = await counting(() => takeBackup(home, folder));
    await queryRows(urlOf(ORDERS), 'DELETE FROM steps');
    await stop();
    home.remember('secrets', { ...SECRETS, idempotencySecret: 'of later' });
    await restored(folder);
    ({ url: admin } = await startPostgres(home));
    const [orders, payments] = [await steps(ORDERS), await steps(PAYMENTS)];
    expect([orders - payments, orders > 0, orders < counted + 1]).toEqual([expect.toBeOneOf([0, 1]), true, true]);
    expect([home.recall('secrets'), home.recall('topology')]).toEqual([SECRETS, undefined]);
    expect(home.recall('restored')).toEqual({ takenAt: readBackup(folder).takenAt });
    expect(readdirSync(home.dir).filter((name) => /before|restored$/.test(name))).toEqual([]);
  }, 60_000);

  it('is not taken into a folder that is there, and is no backup until it is whole', async () => {
    const folder = path.join(home.dir, 'taken');
    writeFileSync(folder, '');
    await expect(takeBackup(home, folder)).rejects.toThrow('is there already');
    expect(() => readBackup(home.dir)).toThrow('is no backup');
  });
});

describe('a restore', () => {
  it('refuses a running system, and another version', async () => {
    await expect(requireStopped(home)).rejects.toMatchObject({ fix: expect.stringContaining('npm run stop') });
    const folder = path.join(home.dir, 'taken');
    const backup = await takeBackup(home, folder);
    await requireSameVersion(backup);
    await expect(requireSameVersion({ ...backup, postgres: '9' })).rejects.toThrow('of PostgreSQL 9');
    await stop();
    await requireStopped(home);
  }, 60_000);

  it('leaves everything as it was when the server does not recover', async () => {
    const folder = path.join(home.dir, 'taken');
    await takeBackup(home, folder);
    await queryRows(urlOf(ORDERS), 'INSERT INTO steps VALUES (7)');
    await stop();
    rmSync(path.join(folder, 'postgres/global/pg_control'));
    const before = home.recall('postgres');
    await expect(restored(folder)).rejects.toThrow('PostgreSQL did not start');
    expect(home.recall('postgres')).toEqual(before);
    ({ url: admin } = await startPostgres(home));
    expect([await steps(ORDERS), existsSync(path.join(home.dir, 'postgres.before'))]).toEqual([7, false]);
  }, 90_000);
});
