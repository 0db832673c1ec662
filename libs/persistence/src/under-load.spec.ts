import { faultOf } from '@sluice/messaging';
import { eventually, testDatabase } from '@sluice/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  withCaller,
  balanceFrom,
  Balance,
  Deposit,
  depositInto,
  messageOf,
  openBank,
  schemaSql,
  Transfer,
  transferOver,
  type Bank,
} from './testing/bank.js';

let bank: Bank;
const server = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 1 });

beforeAll(async () => {
  bank = openBank(await testDatabase('bank', { schemaSql }));
  await bank.rows(`CREATE SEQUENCE account_writes;
    CREATE FUNCTION count_write() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM nextval('account_writes'); RETURN new; END $$;
    CREATE TRIGGER counted BEFORE INSERT OR UPDATE ON accounts FOR EACH ROW WHEN (new.version > 0)
      EXECUTE FUNCTION count_write();`);
});
afterAll(() => Promise.all([bank.close(), server.end()]));
beforeEach(() => bank.clear());

const deposits = (count: number, accountOf: (index: number) => string, more = {}) =>
  Array.from({ length: count }, (_, index) => messageOf(Deposit, { account: accountOf(index), amount: 1 }, more));
const total = async (): Promise<number> =>
  Number((await bank.rows('SELECT coalesce(sum(balance), 0) AS sum FROM accounts'))[0]!['sum']);
const writes = async (): Promise<number> => Number((await bank.rows(`SELECT nextval('account_writes') AS n`))[0]!['n']);

const connections = () =>
  bank.rows(`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'bank'`);
const hangUp = () =>
  bank.rows(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'bank'`,
  );

describe('batches', () => {
  it('form under load: what arrives during a commit shares the next one', async () => {
    const unit = bank.open();
    const first = deposits(1, () => 'a').map((message) => depositInto(unit, message));
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    await Promise.all([
      ...first,
      ...deposits(600, (index) => `a${index}`).map((message) => depositInto(unit, message)),
    ]);
    expect(bank.sizes).toEqual([1, 500, 100]);
  });

  it('do not form when idle: a lone message commits at once', async () => {
    const unit = bank.open();
    for (const message of deposits(20, () => 'a')) await depositInto(unit, message);
    expect(bank.sizes).toEqual(Array(20).fill(1));
  });

  it('write a hot row once each, not once per message', async () => {
    const unit = bank.open();
    const before = await writes();
    await Promise.all(deposits(400, () => 'hot').map((message) => depositInto(unit, message)));
    expect((await writes()) - before - 1).toBe(bank.sizes.length);
    expect([bank.sizes.length < 5, await total(), await bank.count('ledger')]).toEqual([true, 400, 400]);
  });
});

it('finds rows by index, even when the table was empty at first and has no statistics yet', async () => {
  // A server process reports its statistics at the latest when it ends.
  const scanned = async (): Promise<number> => {
    await hangUp();
    await eventually(async () => expect(await connections()).toEqual([]));
    return Number(
      (await bank.rows(`SELECT seq_tup_read AS n FROM pg_stat_user_tables WHERE relname = 'accounts'`))[0]!['n'],
    );
  };
  await bank.rows('ALTER TABLE accounts SET (autovacuum_enabled = false)');
  await bank.rows('ANALYZE accounts');
  const before = await scanned();
  const unit = bank.open();
  for (const message of deposits(8, (index) => `a${index}`)) await depositInto(unit, message);
  await bank.rows(`INSERT INTO accounts SELECT 'other' || n, 0, now(), '[]', 1 FROM generate_series(1, 20000) n`);
  for (const message of deposits(8, (index) => `other${index + 1}`)) await depositInto(unit, message);
  expect((await scanned()) - before).toBeLessThan(20_000);
});

it('many units that lock overlapping keys in any order never deadlock', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `a${index}`);
  await Promise.all(names.map((account) => depositInto(bank.open(), messageOf(Deposit, { account, amount: 1_000 }))));
  const pick = (): string => names[Math.floor(Math.random() * names.length)]!;
  const work = Array.from({ length: 6 }, () => bank.open()).flatMap((unit) =>
    Array.from({ length: 100 }, async (_, index) => {
      for (let turn = 0; turn < index % 5; turn++) await new Promise(setImmediate);
      const [from, to] = [pick(), index % 7 === 0 ? `new${index}` : pick()];
      return transferOver(unit, messageOf(Transfer, { from, to: to === from ? 'sink' : to, amount: 1 }));
    }),
  );
  await Promise.all(work);
  const [{ deadlocks }] = (await bank.rows(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  )) as [{ deadlocks: number }];
  expect([deadlocks, await total(), await bank.count('ledger')]).toEqual([0, 12_000, 12 + 1_200]);
});

/** Dozens of connections are opened here, which is slow on a machine that is busy with other tests. Milliseconds. */
const SLOW_MS = 90_000;

describe('connections that break', () => {
  it(
    'lose and duplicate nothing, however many are ended under load',
    async () => {
      const messages = deposits(900, (index) => `a${index % 7}`);
      const units = [bank.open(), bank.open(), bank.open()];
      const rounds = units.map(() => 0);
      const load = Promise.all(
        units.map(async (unit, index) => {
          const own = messages.filter((_, at) => at % units.length === index);
          for (let at = 0; at < own.length; at += 25, rounds[index]! += 1)
            await Promise.all(own.slice(at, at + 25).map((message) => depositInto(unit, message)));
          rounds[index] = Infinity;
        }),
      );
      let ended = 0;
      while (rounds.some(Number.isFinite)) {
        ended += (await hangUp()).length;
        // A message gives up after some tries, so every unit goes on before the next connections break.
        const before = [...rounds];
        const goOn = () => expect(rounds.every((now, index) => now > before[index]! || now === Infinity)).toBe(true);
        await Promise.race([load, eventually(goOn, { withinMs: SLOW_MS })]);
      }
      await load;
      expect(ended).toBeGreaterThan(5);
      expect([
        await total(),
        await bank.count('ledger'),
        await bank.count('inbox'),
        await bank.count('outbox'),
      ]).toEqual([900, 900, 900, 900]);
    },
    SLOW_MS,
  );

  it(
    'fail every message as a fault of the database while it refuses connections; the same messages succeed later',
    async () => {
      const [{ name }] = (await bank.rows('SELECT current_database() AS name')) as [{ name: string }];
      const unit = bank.open();
      const allow = (may: boolean) => server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS ${may}`);
      const messages = deposits(30, () => 'ann', withCaller);
      const all = () => Promise.allSettled(messages.map((message) => depositInto(unit, message)));
      await allow(false);
      await hangUp();
      const faults = (await all()).map((result) => result.status === 'rejected' && faultOf(result.reason));
      expect(faults).toEqual(Array(30).fill({ whose: 'environment', dependency: 'database', mayBePoison: false }));
      expect(await bank.count('inbox')).toBe(0);
      await allow(true);
      expect((await all()).at(-1)).toEqual({ status: 'fulfilled', value: 30 });
      expect(await balanceFrom(unit, messageOf(Balance, { account: 'ann' }))).toBe(30);
    },
    SLOW_MS,
  );
});
