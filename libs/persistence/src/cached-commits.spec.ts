import { ProblemError } from '@sluice/messaging';
import { testDatabase } from '@sluice/testing';
import { register } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Balance,
  balanceFrom,
  Deposit,
  depositInto,
  messageOf,
  openBank,
  schemaSql,
  Transfer,
  transferOver,
  withCaller,
  type Bank,
  type BankUnit,
} from './testing/bank.js';

let bank: Bank;
let unit: BankUnit;
/** As in another process of the same service. */
let other: BankUnit;

beforeAll(async () => {
  bank = openBank(await testDatabase('bank', { schemaSql }));
});
afterAll(() => bank.close());
beforeEach(async () => {
  await bank.clear();
  register.resetMetrics();
  unit = bank.open();
  other = bank.open();
});

const put = (into: BankUnit, amount: number, account = 'ann') =>
  depositInto(into, messageOf(Deposit, { account, amount }));
const transfer = (over: BankUnit, amount: number) =>
  transferOver(over, messageOf(Transfer, { from: 'ann', to: 'bob', amount }));
/** Batches decided on cached rows since the beginning of the test. */
async function cached(outcome: 'committed' | 'changed'): Promise<number> {
  const { values } = await register.getSingleMetric('sluice_cached_batches_total')!.get();
  return values.find(({ labels }) => labels['outcome'] === outcome)?.value ?? 0;
}
const stored = async (account = 'ann'): Promise<unknown> =>
  (await bank.rows('SELECT balance::int, tags, version FROM accounts WHERE id = $1', [account]))[0];

describe('a row that this process has committed', () => {
  it('is not read for the next change', async () => {
    await put(unit, 5);
    expect(await cached('committed')).toBe(0);
    expect(await put(unit, 2)).toBe(7);
    expect(await put(unit, 1)).toBe(8);
    expect(await cached('committed')).toBe(2);
    expect(await stored()).toEqual({ balance: 8, tags: ['5', '2', '1'], version: 3 });
    expect([await bank.count('ledger'), await bank.count('inbox'), await bank.count('outbox')]).toEqual([3, 3, 3]);
  });

  it('is read beside one that is not cached', async () => {
    await put(unit, 5);
    await put(other, 1, 'bob');
    expect(await transfer(unit, 2)).toBe(3);
    expect(await cached('committed')).toBe(0);
  });

  it('is not read either where the rule does not count its versions', async () => {
    const stock = (onHand: number) =>
      unit.change(messageOf(Balance, { account: 'x' }), { bins: ['bolt/east'] }, () => ({
        state: { bins: { 'bolt/east': { sku: 'bolt', warehouse: 'east', onHand } } },
      }));
    for (const onHand of [3, 2, 1]) await stock(onHand);
    expect(await cached('committed')).toBe(2);
    expect(await bank.rows('SELECT on_hand, version FROM bins')).toEqual([{ on_hand: 1, version: 3 }]);
  });
});

describe('a cached row that another process has changed', () => {
  it('is read, and the change is decided on what it is now', async () => {
    await put(unit, 5);
    await put(other, 2);
    expect(await put(unit, 1)).toBe(8);
    expect(await cached('changed')).toBe(1);
    expect(await stored()).toEqual({ balance: 8, tags: ['5', '2', '1'], version: 3 });
    expect([await bank.count('ledger'), await bank.count('inbox'), await bank.count('outbox')]).toEqual([3, 3, 3]);
  });

  it('is read also when the other one has not raised its version', async () => {
    await put(unit, 5);
    await bank.rows(`UPDATE accounts SET balance = 50 WHERE id = 'ann'`);
    expect(await put(unit, 1)).toBe(51);
  });

  it('does not lead to a refusal that is wrong by now', async () => {
    await put(unit, 5);
    await put(unit, 1, 'bob');
    await put(other, 10);
    expect(await transfer(unit, 12)).toBe(3);
  });

  it('does not lead to a reply that is wrong by now', async () => {
    await put(unit, 5);
    await put(other, 10);
    expect(await balanceFrom(unit, messageOf(Balance, { account: 'ann' }, withCaller))).toBe(15);
  });

  it('is made anew when the other one has deleted it', async () => {
    await put(unit, 5);
    await bank.rows('TRUNCATE accounts, ledger');
    expect(await put(unit, 1)).toBe(1);
    expect(await stored()).toEqual({ balance: 1, tags: ['1'], version: 1 });
  });

  it('is waited for while the other one has not committed', async () => {
    await put(unit, 5);
    const client = await bank.pool.connect();
    await client.query('BEGIN');
    await client.query(`UPDATE accounts SET balance = 50, version = 2 WHERE id = 'ann'`);
    const waiting = put(unit, 1);
    await client.query('COMMIT');
    client.release();
    expect(await waiting).toBe(51);
  });

  it('is not decided on again for 10 s, in which every row is read', async () => {
    await put(unit, 5);
    await put(other, 2);
    for (let n = 0; n < 3; n++) await put(unit, 1);
    expect([await cached('changed'), await cached('committed')]).toEqual([1, 0]);
  });
});

describe('a message on cached rows', () => {
  it('that was handled before changes nothing, and its caller gets the reply', async () => {
    const message = messageOf(Deposit, { account: 'ann', amount: 5 }, withCaller);
    await depositInto(unit, message);
    expect(await depositInto(unit, message)).toBe(10); // its rule on the current state
    expect(await stored()).toEqual({ balance: 5, tags: ['5'], version: 1 });
    expect([await bank.count('inbox'), await bank.count('outbox')]).toEqual([1, 1]);
    expect(await cached('changed')).toBe(0);
  });

  it('that is refused leaves nothing', async () => {
    await put(unit, 5);
    await put(unit, 1, 'bob');
    await expect(transfer(unit, 50)).rejects.toThrow(ProblemError);
    expect([await stored(), await bank.count('inbox')]).toEqual([{ balance: 5, tags: ['5'], version: 1 }, 2]);
    expect(await put(unit, 1)).toBe(6);
  });

  it('decides by the clock of the database, somewhat earlier at most', async () => {
    await put(unit, 5);
    const utc = async () => Number((await bank.rows('SELECT extract(epoch FROM now()) * 1000 AS ms'))[0]!['ms']);
    const before = await utc();
    const seen = await unit.change(messageOf(Balance, { account: 'x' }), { accounts: ['ann'] }, (_, now) => ({
      reply: now.getTime(),
    }));
    expect(await cached('committed')).toBe(1);
    expect(seen).toBeGreaterThan(before - 1_000);
    expect(seen).toBeLessThanOrEqual(await utc());
  });
});
