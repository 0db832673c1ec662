import { LockedError } from '@sluice/messaging';
import { eventually, testDatabase } from '@sluice/testing';
import type { PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  withCaller,
  Balance,
  Deposit,
  depositInto,
  messageOf,
  openBank,
  schemaSql,
  Transfer,
  transferOver,
  type Bank,
  type BankUnit,
} from './testing/bank.js';

let bank: Bank;
let somebody: PoolClient;
beforeAll(async () => (bank = openBank(await testDatabase('bank', { schemaSql }))));
beforeEach(async () => {
  await bank.clear();
  somebody = await bank.pool.connect();
});
afterEach(async () => {
  await somebody.query('ROLLBACK');
  somebody.release();
});
afterAll(() => bank.close());

const into = (unit: BankUnit, account: string, amount = 1) =>
  depositInto(unit, messageOf(Deposit, { account, amount }));
const balances = async () =>
  Object.fromEntries(
    (await bank.rows('SELECT id, balance::int FROM accounts WHERE version > 0 ORDER BY id')).map(({ id, balance }) => [
      id,
      balance,
    ]),
  );

const CART = '01900000-0000-7000-8000-000000000001';
/** Transactions of this database that wait for a lock. */
const WAITING = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

/** Locks the row of an account in another transaction, for longer than a unit of work waits. */
async function hold(unit: BankUnit, account: string): Promise<void> {
  await into(unit, account, 0);
  await somebody.query(`BEGIN; SELECT FROM accounts WHERE id = '${account}' FOR UPDATE`);
}

describe('a row that another transaction holds', () => {
  it('delays only the messages that need it: the others of the batch commit, and later ones do not wait', async () => {
    const unit = bank.open();
    await hold(unit, 'hot');
    const stuck = [1, 2, 3].map((amount) => into(unit, 'hot', amount));
    expect(await Promise.all(['a', 'b', 'c'].map((account) => into(unit, account)))).toEqual([1, 1, 1]);

    const began = performance.now();
    const alsoStuck = into(unit, 'hot', 4);
    expect(await Promise.all(['a', 'b', 'c'].map((account) => into(unit, account)))).toEqual([2, 2, 2]);
    // After the first try no transaction waits for the held row until the lock timeout of 1 s.
    expect(performance.now() - began).toBeLessThan(900);
    expect(await balances()).toEqual({ a: 2, b: 2, c: 2, hot: 0 });

    await somebody.query('ROLLBACK');
    // The waiting messages are committed in the order of their arrival.
    expect(await Promise.all([...stuck, alsoStuck])).toEqual([1, 3, 6, 10]);
    expect([await bank.count('inbox'), await bank.count('ledger')]).toEqual([11, 11]);
  });

  it('delays a message that also needs other rows as a whole, but not the messages that need only those', async () => {
    const unit = bank.open();
    await into(unit, 'ann', 5);
    await hold(unit, 'hot');
    const stuck = transferOver(unit, messageOf(Transfer, { from: 'ann', to: 'hot', amount: 2 }));
    expect(await into(unit, 'ann')).toBe(6);
    expect(await into(unit, 'ann')).toBe(7);
    expect(await balances()).toEqual({ ann: 7, hot: 0 });
    await somebody.query('ROLLBACK');
    expect(await stuck).toBe(5);
    expect(await balances()).toEqual({ ann: 5, hot: 2 });
  });

  it('and that is being inserted delays only the messages with its key', async () => {
    const unit = bank.open();
    await somebody.query(`BEGIN; INSERT INTO accounts (id) VALUES ('new')`);
    const stuck = into(unit, 'new');
    expect(await Promise.all([into(unit, 'a'), into(unit, 'b')])).toEqual([1, 1]);
    await somebody.query('ROLLBACK');
    expect(await stuck).toBe(1);
  });

  it('and that was inserted after it was read as absent is read again', async () => {
    const unit = bank.open();
    await somebody.query(`BEGIN; INSERT INTO accounts VALUES ('new', 5, now(), '[]', 1)`);
    const late = into(unit, 'new');
    await eventually(async () => expect(await bank.rows(WAITING)).toHaveLength(1));
    await somebody.query('COMMIT');
    expect(await late).toBe(6);
    expect([await balances(), await bank.count('ledger')]).toEqual([{ new: 6 }, 1]);
  });

  it('and that a rule has only seen to be absent must still be absent at the commit', async () => {
    const unit = bank.open();
    const message = messageOf(Balance, { account: 'new' }, withCaller);
    // The rule writes another row, and the message is handled twice: the second time only for the reply.
    const look = () =>
      unit.change(message, { accounts: ['new'], carts: [CART] }, ({ accounts, carts }) => ({
        state: { carts: { [CART]: { id: CART, items: (carts[CART]?.items ?? 0) + 1 } } },
        reply: accounts['new']?.balance ?? null,
      }));
    for (const version of [1, 2]) {
      await somebody.query(
        `BEGIN; INSERT INTO accounts VALUES ('new', $1, now(), '[]', 1)`.replace('$1', `${version}`),
      );
      const looked = look();
      await eventually(async () => expect(await bank.rows(WAITING)).toHaveLength(1));
      await somebody.query('COMMIT');
      expect(await looked).toBe(version);
      await bank.rows(`DELETE FROM accounts`);
    }
    expect(await bank.rows('SELECT items FROM carts')).toEqual([{ items: 1 }]);
    expect(await look()).toBeNull();
    expect(await bank.count('accounts')).toBe(0);
  });

  it('and a message that another process is handling delay no other message', async () => {
    const unit = bank.open();
    const message = messageOf(Deposit, { account: 'twice', amount: 1 });
    await somebody.query('BEGIN');
    await somebody.query('INSERT INTO inbox (id) VALUES ($1)', [message.id]);
    const stuck = depositInto(unit, message);
    expect(await into(unit, 'a')).toBe(1);
    await somebody.query('COMMIT');
    expect(await stuck).toBeUndefined();
    expect(await balances()).toEqual({ a: 1 });
  });

  it('rejects a message that has waited for it too long, and nothing of it is stored', async () => {
    const unit = bank.open();
    await hold(unit, 'hot');
    const message = messageOf(Deposit, { account: 'hot', amount: 1 });
    await expect(depositInto(unit, message)).rejects.toBeInstanceOf(LockedError);
    await somebody.query('ROLLBACK');
    expect(await depositInto(unit, message)).toBe(1);
  });

  it('keeps the inbox entry of a handled message whose caller sends it again', async () => {
    const unit = bank.open();
    const message = messageOf(Deposit, { account: 'hot', amount: 1 }, withCaller);
    await depositInto(unit, message);
    await somebody.query(`BEGIN; SELECT FROM accounts WHERE id = 'hot' FOR UPDATE`);
    const again = depositInto(unit, message);
    expect(await into(unit, 'a')).toBe(1);
    expect(await bank.count('inbox')).toBe(2);
    await somebody.query('ROLLBACK');
    await again;
    expect(await balances()).toEqual({ a: 1, hot: 1 });
  });

  it('lets at most twenty messages wait in memory, so that they do not use up the prefetch', async () => {
    const unit = bank.open();
    await hold(unit, 'hot');
    const stuck = Array.from({ length: 30 }, () => into(unit, 'hot'));
    const results = Promise.allSettled(stuck);
    await Promise.race(stuck.map((one) => one.catch(() => undefined)));
    await into(unit, 'a');
    await somebody.query('ROLLBACK');
    const reasons = (await results).flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    expect(reasons).toHaveLength(10);
    expect(reasons.every((reason) => reason instanceof LockedError)).toBe(true);
    expect(await balances()).toEqual({ a: 1, hot: 20 });
  });
});
