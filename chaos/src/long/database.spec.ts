import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseOn } from '@sluice/audit/system';
import { startPostgres } from '@sluice/stack/postgres/postgres';
import { remove, temporaryStateDirectory } from '@sluice/stack/private-servers';
import type { StateDirectory } from '@sluice/stack/state-directory';
import { queryRows } from '@sluice/stack/databases/query-rows';
import { stopAll } from '@sluice/stack/stop-all';
import type { Begin } from '../active-fault.js';
import type { Kind, PartOptions } from '../plan.js';
import { Proxy } from '@sluice/stack/proxy';
import type { SystemUnderTest } from '../system.js';
import { diskFull, lock, readOnly, refuse } from './database.js';
import { SmallDisk, unmount } from './disk.js';

const SERVICES = ['orders', 'inventory'];
const FOR_A_START = 60_000;

let stateDirectory: StateDirectory;
let databases: Record<string, string>;
let proxy: Proxy;
let url: string;
let disk: SmallDisk | undefined;
beforeAll(async () => {
  stateDirectory = temporaryStateDirectory();
  disk = await SmallDisk.mount(stateDirectory);
  ({ url } = await startPostgres(stateDirectory, { durable: false }));
  for (const service of SERVICES) await queryRows(url, `CREATE DATABASE sluice_${service}`);
  databases = Object.fromEntries(SERVICES.map((service) => [service, databaseOn(url, service)]));
  await disk?.take(url, SERVICES);
  await queryRows(
    databases['inventory']!,
    "CREATE TABLE stock AS SELECT unnest(ARRAY['MUG', 'TEE']) AS sku, 0 AS reserved",
  );
  await queryRows(
    databases['orders']!,
    "CREATE TABLE orders AS SELECT 1 AS id, 'awaiting_payment' AS status, now() AS placed_at",
  );
  proxy = await Proxy.before(() => Number(new URL(url).port));
}, FOR_A_START);
afterAll(async () => {
  await proxy.close();
  await stopAll(stateDirectory, { throwAway: true });
  await unmount(stateDirectory);
  await remove(stateDirectory);
}, FOR_A_START);

const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'fine',
    (error: Error & { code?: string }) => error.code ?? error.message,
  );
const grow = async () =>
  outcome(
    queryRows(
      databases['orders']!,
      'CREATE TABLE more AS SELECT repeat(md5(n::text), 20) FROM generate_series(1, 20000) AS n; DROP TABLE more',
    ),
  );
const reserve = async (sku: string) =>
  outcome(
    queryRows(
      databases['inventory']!,
      `SET lock_timeout = '200ms'; UPDATE stock SET reserved = reserved + 1 WHERE sku = '${sku}'`,
    ),
  );
const connect = async () =>
  outcome(queryRows(Object.assign(new URL(url), { port: String(proxy.port) }).href, 'SELECT 1'));

/** What it does while it lasts, and after it. */
async function suffer<K extends Kind, T>(begin: Begin<K>, options: PartOptions[K], look: () => Promise<T>) {
  const system = { disk, servers: async () => ({ databases }), proxies: { database: proxy } };
  const fault = await begin(options, system as unknown as SystemUnderTest, 0);
  if (!fault) throw new Error('the fault is over already');
  try {
    return [await look(), await fault.observe?.()];
  } finally {
    await fault.end();
  }
}

describe('PostgreSQL', () => {
  it('takes no writes while it is read-only, and takes them again', async () => {
    expect([await suffer(readOnly, {}, grow), await grow()]).toEqual([['25006', true], 'fine']);
  });

  it('has no room for new pages while its disk is full, and goes on by itself when there is', async (context) => {
    if (!disk) return context.skip('mounting takes root, on Linux');
    expect([await suffer(diskFull, {}, grow), await grow()]).toEqual([['53100', true], 'fine']);
  });

  it('takes no connections while it refuses', async () => {
    const [[meanwhile, seen], after] = [await suffer(refuse, { to: 'database' }, connect), await connect()];
    expect([meanwhile === 'fine', seen, after]).toEqual([false, true, 'fine']);
  });

  it('keeps the locked shelves from everybody else, and no others', async () => {
    const both = async () => [await reserve('MUG'), await reserve('TEE')];
    expect([await suffer(lock, { sku: 'MUG' }, both), await both()]).toEqual([
      [['55P03', 'fine'], true],
      ['fine', 'fine'],
    ]);
  });
});
