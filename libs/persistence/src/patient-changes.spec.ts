import { testDatabase } from '@sluice/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Deposit,
  deposit,
  depositInto,
  messageOf,
  openBank,
  schemaSql,
  type Bank,
  type BankUnit,
} from './testing/bank.js';

let bank: Bank;
let unit: BankUnit;

beforeAll(async () => {
  bank = openBank(await testDatabase('patient', { schemaSql }));
});
afterAll(() => bank.close());
beforeEach(async () => {
  await bank.clear();
  unit = bank.open();
});

const put = (account: string, amount: number) => depositInto(unit, messageOf(Deposit, { account, amount }));

describe('a change of a pair', () => {
  const half = (account: string, pair: string) => {
    const message = messageOf(Deposit, { account, amount: 1 });
    return unit.change(message, { accounts: [account] }, deposit(message.data), { pair });
  };

  it('waits for the other, past commits of others, and shares its commit', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const first = half('ann', 'one');
    vi.useRealTimers();
    expect(await put('bob', 5)).toBe(5);
    expect(await Promise.all([first, half('ann', 'one')])).toEqual([1, 2]);
    expect(bank.sizes).toEqual([1, 2]);
  });

  it('has a commit of its own when the other does not come, and so has the other later', async () => {
    const began = performance.now();
    expect(await half('ann', 'one')).toBe(1);
    expect(performance.now() - began).toBeGreaterThan(9);
    expect(await half('ann', 'one')).toBe(2);
    expect(bank.sizes).toEqual([1, 1]);
  });
});

describe('a change that may wait', () => {
  const patient = (account: string, through = unit) => {
    const message = messageOf(Deposit, { account, amount: 1 });
    return through.change(message, { accounts: [account] }, deposit(message.data), { mayWait: true });
  };

  it('joins the next commit, before the change that begins it', async () => {
    const [waits, begins] = await Promise.all([patient('ann'), put('ann', 5)]);
    expect([waits, begins]).toEqual([1, 6]);
    expect(bank.sizes).toEqual([2]);
  });

  it('has a commit of its own when no other comes', async () => {
    const began = performance.now();
    expect(await patient('ann')).toBe(1);
    expect(performance.now() - began).toBeGreaterThan(190);
    expect(bank.sizes).toEqual([1]);
  });

  it('waits no longer when ten of them wait', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const all = Array.from({ length: 10 }, (_, n) => patient(`a${n}`));
    vi.useRealTimers();
    expect(await Promise.all(all)).toHaveLength(10);
    expect(bank.sizes).toEqual([10]);
  });

  it('waits no longer when its consumer, which holds fewer than ten messages, receives no more', async () => {
    const narrow = bank.open({ prefetch: 3 });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const all = Array.from({ length: 3 }, (_, n) => patient(`a${n}`, narrow));
    vi.useRealTimers();
    expect(await Promise.all(all)).toHaveLength(3);
    expect(bank.sizes).toEqual([3]);
  });
});
