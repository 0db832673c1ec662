import { DELEGATED, PermanentError, ProblemError } from '@sluice/messaging';
import { testDatabase } from '@sluice/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from './index.js';
import {
  withCaller,
  Balance,
  balance,
  balanceFrom,
  Deposit,
  deposit,
  Deposited,
  depositInto,
  messageOf,
  openBank,
  POISON,
  schemaSql,
  Transfer,
  transferOver,
  type Bank,
  type BankUnit,
} from './testing/bank.js';

let bank: Bank;
let unit: BankUnit;

beforeAll(async () => {
  bank = openBank(await testDatabase('bank', { schemaSql }));
});
afterAll(() => bank.close());
beforeEach(async () => {
  await bank.clear();
  unit = bank.open();
});

const put = (account: string, amount: number, more = {}) =>
  depositInto(unit, messageOf(Deposit, { account, amount }, more));
const balances = async (): Promise<Record<string, unknown>> =>
  Object.fromEntries(
    (await bank.rows('SELECT id, balance::int FROM accounts')).map(({ id, balance }) => [id, balance]),
  );
const settled = (promises: Promise<unknown>[]): Promise<string[]> =>
  Promise.allSettled(promises).then((all) => all.map(({ status }) => status));

describe('one message', () => {
  it('commits its state, its history, its messages and its inbox entry, and replies', async () => {
    const message = messageOf(Deposit, { account: 'ann', amount: 5 }, { traceparent: '00-trace' });
    expect(await depositInto(unit, message)).toBe(5);
    expect(await bank.rows('SELECT id, balance::int, tags, version FROM accounts')).toEqual([
      { id: 'ann', balance: 5, tags: ['5'], version: 1 },
    ]);
    expect(await bank.rows('SELECT account_id, amount::int FROM ledger')).toEqual([{ account_id: 'ann', amount: 5 }]);
    expect(await bank.rows('SELECT id FROM inbox')).toEqual([{ id: message.id }]);
    const [{ id, wire }] = (await bank.rows('SELECT id, wire FROM outbox')) as [
      { id: string; wire: { body: string; properties: { messageId: string; appId: string; headers: object } } },
    ];
    expect(JSON.parse(wire.body)).toEqual({ account: 'ann', balance: 5, version: 1 });
    expect(wire.properties).toMatchObject({
      messageId: id,
      appId: 'bank',
      headers: { 'correlation-id': 'a-request', 'causation-id': message.id, traceparent: '00-trace' },
    });
    expect(id[14]).toBe('7');
  });

  it('uses the clock of the database, however wrong the clock of the process is', async () => {
    const utc = async () => Number((await bank.rows('SELECT extract(epoch FROM now()) * 1000 AS ms'))[0]!['ms']);
    for (const wrongByMs of [600_000, -600_000]) {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + wrongByMs });
      const before = await utc();
      const messages = [Deposited({ account: 'ann', balance: 1, version: 1 })];
      const seen = await unit
        .change(messageOf(Balance, { account: 'ann' }), {}, (_, now) => ({ reply: now, messages }))
        .finally(() => vi.useRealTimers());
      expect(Number(seen)).toBeGreaterThanOrEqual(Math.floor(before));
      expect(Number(seen)).toBeLessThanOrEqual(await utc());
      const sent = await bank.rows(`SELECT wire #>> '{properties,headers,time}' AS time FROM outbox ORDER BY id`);
      expect(sent.map(({ time }) => time)).toContain((seen as Date).toISOString());
    }
  });

  const refusing = (account: string, more = {}) => {
    const message = messageOf(Deposit, { account, amount: 1 }, more);
    const { problem } = ProblemError.of(422, 'Not today');
    return {
      message,
      answer: unit.change(message, { accounts: [account] }, (held, now) => ({
        ...deposit(message.data)(held, now),
        problem,
      })),
    };
  };

  it('commits a refusal with a record like any other decision, and then rejects', async () => {
    const { message, answer } = refusing('ann', withCaller);
    await expect(answer).rejects.toEqual(
      expect.objectContaining({
        name: 'ProblemError',
        problem: expect.objectContaining({ status: 422, title: 'Not today' }),
      }),
    );
    expect(await balances()).toEqual({ ann: 1 });
    expect(await bank.rows('SELECT id FROM inbox')).toEqual([{ id: message.id }]);
    expect(await bank.rows('SELECT 1 FROM outbox')).toHaveLength(1);
  });

  it('refuses again when the refused message comes again with a caller, and changes nothing more', async () => {
    const { message, answer } = refusing('ann', withCaller);
    await expect(answer).rejects.toThrow('Not today');
    const again = unit.change(message, { accounts: ['ann'] }, (held, now) => ({
      ...deposit(message.data)(held, now),
      problem: ProblemError.of(422, 'Not today').problem,
    }));
    await expect(again).rejects.toThrow('Not today');
    expect(await balances()).toEqual({ ann: 1 });
  });

  it('gives a rule exactly the rows of its keys: dates as dates, absent rows as undefined', async () => {
    await put('ann', 5);
    const seen = await unit.change(
      messageOf(Balance, { account: 'ann' }),
      { accounts: ['ann', 'constructor'] },
      ({ accounts }) => ({ reply: accounts }),
    );
    expect(seen).toEqual({
      ann: { id: 'ann', balance: 5, openedAt: expect.any(Date), tags: ['5'], version: 1 },
      constructor: undefined,
    });
  });

  it('gives the next message of the batch the same row as a message after the commit', async () => {
    const tag = { at: new Date(0) } as unknown as string;
    const write = {
      id: 'ann',
      balance: 5,
      openedAt: '2026-01-02T03:04:05.000Z' as unknown as Date,
      tags: [tag],
      version: 1,
      extra: undefined,
    };
    const written = unit.change(messageOf(Balance, { account: 'ann' }), { accounts: ['ann'] }, () => ({
      state: { accounts: { ann: write } },
    }));
    const read = () =>
      unit.change(messageOf(Balance, { account: 'ann' }), { accounts: ['ann'] }, ({ accounts }) => ({
        reply: accounts['ann'],
      }));
    const [, inBatch] = await Promise.all([written, read()]);
    expect(bank.sizes).toEqual([2]);
    expect(inBatch).toStrictEqual({
      id: 'ann',
      balance: 5,
      openedAt: new Date('2026-01-02T03:04:05Z'),
      tags: [{ at: '1970-01-01T00:00:00.000Z' }],
      version: 1,
    });
    expect(await read()).toStrictEqual(inBatch);
  });

  it('reads unlocked collections in the same transaction and keeps them as they are', async () => {
    await bank.rows(`INSERT INTO rates VALUES ('EUR', 110)`);
    const seen = await unit.change(messageOf(Balance, { account: 'x' }), { rates: ['EUR', 'USD'] }, ({ rates }) => ({
      reply: rates,
    }));
    expect(seen).toEqual({ EUR: { currency: 'EUR', cents: 110 }, USD: undefined });
    const write = unit.change(messageOf(Balance, { account: 'x' }), { rates: ['EUR'] }, () => ({
      state: { rates: { EUR: { currency: 'EUR', cents: 1 } } },
    }));
    await expect(write).rejects.toThrow('only read here');
  });

  it('raises the version when it is no column of the rule, and joins the parts of a key by a slash', async () => {
    const receive = () =>
      unit.change(messageOf(Balance, { account: 'x' }), { bins: ['bolt/east'] }, ({ bins }) => ({
        state: {
          bins: { 'bolt/east': { sku: 'bolt', warehouse: 'east', onHand: (bins['bolt/east']?.onHand ?? 0) + 1 } },
        },
      }));
    await Promise.all([receive(), receive()]);
    await receive();
    expect(await bank.rows('SELECT * FROM bins')).toEqual([{ sku: 'bolt', warehouse: 'east', on_hand: 3, version: 2 }]);
    await expect(unit.change(messageOf(Balance, { account: 'x' }), { bins: ['bolt'] }, () => ({}))).rejects.toThrow(
      'a key of bins is sku/warehouse, not bolt',
    );
  });

  it('treats two spellings of a uuid as one row', async () => {
    const id = newId();
    const add = (key: string) =>
      unit.change(messageOf(Balance, { account: 'x' }), { carts: [key] }, ({ carts }) => ({
        state: { carts: { [key]: { id: key, items: (carts[key]?.items ?? 0) + 1 } } },
      }));
    await Promise.all([add(id), add(id.toUpperCase()), add(id)]);
    expect(await bank.rows('SELECT id, items FROM carts')).toEqual([{ id, items: 3 }]);
  });

  it('lets a rule write a row under its own id, however the message spells the id, and no other row', async () => {
    const [id, other] = [newId(), newId()];
    const add = (named: string, written: string) =>
      unit.change(messageOf(Balance, { account: 'x' }), { carts: [named] }, ({ carts }) => ({
        state: { carts: { [written]: { id: written, items: (carts[named]?.items ?? 0) + 1 } } },
      }));
    await add(id, id);
    await add(id.toUpperCase(), id);
    await add(id, id.toUpperCase());
    expect(await bank.rows('SELECT id, items FROM carts')).toEqual([{ id, items: 3 }]);
    await add(other, other);
    await expect(Promise.all([add(id.toUpperCase(), other), add(other, other)])).rejects.toThrow(
      `the row ${other} of carts, which its message did not name`,
    );
  });

  it('hands the caller over to the message that answers it', async () => {
    const acceptedAt = '2026-01-01T12:00:00.000Z';
    const message = messageOf(Deposit, { account: 'ann', amount: 1 }, { ...withCaller, acceptedAt });
    const began = Date.now();
    const answer = await unit.change(message, {}, () => ({
      messages: [Balance({ account: 'ann' }, { delegate: true }), Balance({ account: 'bob' })],
    }));
    expect(answer).toBe(DELEGATED);
    const wires = (await bank.rows("SELECT wire->'properties' AS p FROM outbox ORDER BY id")) as {
      p: { replyTo?: string; correlationId?: string; headers: { 'timeout-ms'?: number; 'accepted-at'?: string } };
    }[];
    expect(wires.map(({ p }) => [p.replyTo, p.correlationId])).toEqual([
      [withCaller.reply.to, '1'],
      [undefined, undefined],
    ]);
    expect(wires.map(({ p }) => p.headers['accepted-at'])).toEqual([acceptedAt, undefined]);
    const left = wires.map(({ p }) => p.headers['timeout-ms']);
    expect(left).toEqual([expect.any(Number), undefined]);
    expect(withCaller.deadline - left[0]!).toBeGreaterThanOrEqual(began);
    expect(withCaller.deadline - left[0]!).toBeLessThanOrEqual(Date.now());
  });

  it('hands the caller over without a deadline when the caller has none', async () => {
    const message = messageOf(Deposit, { account: 'ann', amount: 1 }, { reply: withCaller.reply });
    await unit.change(message, {}, () => ({ messages: [Balance({ account: 'ann' }, { delegate: true })] }));
    const [{ headers }] = (await bank.rows(`SELECT wire #> '{properties,headers}' AS headers FROM outbox`)) as [
      { headers: object },
    ];
    expect(headers).not.toHaveProperty('timeout-ms');
  });

  it('works without an onBatch callback', async () => {
    expect(await depositInto(bank.open({ counted: false }), messageOf(Deposit, { account: 'ann', amount: 1 }))).toBe(1);
  });
});

describe('the same message again', () => {
  it('changes and sends nothing, and does not run the rule when no caller waits', async () => {
    const message = messageOf(Deposit, { account: 'ann', amount: 5 });
    await depositInto(unit, message);
    let runs = 0;
    expect(await bank.open().change(message, { accounts: ['ann'] }, () => ({ reply: ++runs }))).toBeUndefined();
    expect([runs, await balances(), await bank.count('outbox'), await bank.count('ledger')]).toEqual([
      0,
      { ann: 5 },
      1,
      1,
    ]);
  });

  it('counts as handled even when it changed nothing the first time', async () => {
    const message = messageOf(Balance, { account: 'ann' });
    await balanceFrom(unit, message);
    let runs = 0;
    await unit.change(message, { accounts: ['ann'] }, () => ({ reply: ++runs }));
    expect([runs, await bank.count('inbox'), await bank.count('accounts')]).toEqual([0, 1, 0]);
    const untouched = messageOf(Balance, { account: 'ann' });
    await unit.change(untouched, {}, () => ({}));
    expect(await bank.rows('SELECT id FROM inbox WHERE id = $1', [untouched.id])).toEqual([{ id: untouched.id }]);
  });

  it('is answered from the current state when a caller waits', async () => {
    const message = messageOf(Deposit, { account: 'ann', amount: 5 }, withCaller);
    await depositInto(unit, message);
    await put('ann', 2);
    expect(await unit.change(message, { accounts: ['ann'] }, balance({ account: 'ann' }))).toBe(7);
    expect(await unit.change(message, { accounts: ['ann'] }, deposit(message.data))).toBe(12);
    expect([await balances(), await bank.count('outbox')]).toEqual([{ ann: 7 }, 2]);
  });

  it('counts once within one batch, in any spelling of its id, and both deliveries get the answer', async () => {
    const message = messageOf(Deposit, { account: 'ann', amount: 5 });
    const duplicate = { ...message, id: message.id.toUpperCase() };
    expect(await Promise.all([depositInto(unit, message), depositInto(unit, duplicate), put('ann', 1)])).toEqual([
      5, 5, 6,
    ]);
    expect([bank.sizes, await balances(), await bank.count('outbox')]).toEqual([[2], { ann: 6 }, 2]);
  });

  it('counts once when two units receive it at the same time', async () => {
    const messages = Array.from({ length: 20 }, () => messageOf(Deposit, { account: 'ann', amount: 1 }));
    const units = [bank.open(), bank.open(), bank.open()];
    await Promise.all(messages.flatMap((message) => units.map((each) => depositInto(each, message))));
    expect([await balances(), await bank.count('outbox'), await bank.count('ledger')]).toEqual([{ ann: 20 }, 20, 20]);
  });

  it('is committed alone when it is redelivered, because it may have crashed its consumer', async () => {
    await Promise.all([put('a', 1), put('b', 1), put('c', 1, { redelivered: true }), put('d', 1), put('e', 1)]);
    expect(bank.sizes).toEqual([2, 1, 2]);
  });
});

describe('a message that fails', () => {
  it('does not affect the others of its batch, and may be retried', async () => {
    await put('ann', 5);
    const no = messageOf(Transfer, { from: 'bob', to: 'ann', amount: 3 });
    const results = Promise.allSettled([put('ann', 1), transferOver(unit, no), put('bob', 4)]);
    expect(await results).toMatchObject([{ value: 6 }, { reason: expect.any(ProblemError) }, { value: 4 }]);
    expect(bank.sizes).toEqual([1, 3]);
    expect(await transferOver(unit, no)).toBe(1);
    expect(await balances()).toEqual({ ann: 9, bob: 1 });
  });

  it('stores nothing of a decision whose messages cannot be encoded', async () => {
    const unsendable = unit.change(messageOf(Balance, { account: 'ann' }), { accounts: ['ann'] }, (held, now) => ({
      ...deposit({ account: 'ann', amount: 1 })(held, now),
      messages: [Balance({ account: 5 as unknown as string })],
    }));
    expect(await settled([unsendable, put('bob', 1)])).toEqual(['rejected', 'fulfilled']);
    await expect(unsendable).rejects.toBeInstanceOf(PermanentError);
    expect([await balances(), await bank.count('ledger'), await bank.count('inbox')]).toEqual([{ bob: 1 }, 1, 1]);
  });

  it('fails alone when SQL refuses it, and the others are tried one by one', async () => {
    expect(await settled([put('ann', 1), put('bob', POISON), put('bob', 2)])).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect([await balances(), await bank.count('outbox'), await bank.count('inbox')]).toEqual([
      { ann: 1, bob: 2 },
      2,
      2,
    ]);
  });

  it('is rejected with the error of the database', async () => {
    await expect(put('ann', POISON)).rejects.toThrow('unlucky');
    await expect(unit.change(messageOf(Balance, { account: 'x' }, { id: 'no uuid' }), {}, () => ({}))).rejects.toThrow(
      'invalid input syntax',
    );
    expect(await bank.count('accounts')).toBe(0);
  });

  it('fails with a clear error when its rule writes a row that only another message of the batch named', async () => {
    const stray = unit.change(messageOf(Balance, { account: 'x' }), { accounts: ['bob'] }, (held, now) =>
      deposit({ account: 'ann', amount: 1 })(held, now),
    );
    expect(await settled([put('ann', 1), stray])).toEqual(['fulfilled', 'rejected']);
    await expect(stray).rejects.toThrow('a rule wrote the row ann of accounts, which its message did not name');
    expect(await balances()).toEqual({ ann: 1 });
  });

  it('fails when its rule changes a row in place or forgets its version', async () => {
    await put('ann', 1);
    const inPlace = unit.change(messageOf(Balance, { account: 'x' }), { accounts: ['ann'] }, ({ accounts }) => {
      accounts['ann']!.tags.push('mine');
      return {};
    });
    const noVersion = unit.change(messageOf(Balance, { account: 'x' }), { accounts: ['ann'] }, ({ accounts }) => ({
      state: { accounts: { ann: { ...accounts['ann']!, version: 0 } } },
    }));
    await expect(inPlace).rejects.toThrow('not extensible');
    await expect(noVersion).rejects.toThrow('without a version');
  });

  it('still counts as handled when only its repeated reply failed', async () => {
    const message = messageOf(Deposit, { account: 'ann', amount: 5 }, withCaller);
    await depositInto(unit, message);
    const again = unit.change(message, { accounts: ['ann'] }, () => {
      throw new Error('no answer');
    });
    expect(await settled([put('bob', 1), again])).toEqual(['fulfilled', 'rejected']);
    await depositInto(unit, message);
    expect(await balances()).toEqual({ ann: 5, bob: 1 });
  });
});

describe('absent keys', () => {
  it('are locked too: when two units open the same account, the second reads what the first wrote', async () => {
    const open = (each: BankUnit) =>
      each.change(messageOf(Balance, { account: 'x' }), { accounts: ['new'] }, (held, now) =>
        held.accounts['new']
          ? { reply: 'taken' }
          : { ...deposit({ account: 'new', amount: 1 })(held, now), reply: 'mine' },
      );
    const units = Array.from({ length: 8 }, () => bank.open());
    const replies = await Promise.all(units.map(open));
    expect(replies.filter((reply) => reply === 'mine')).toHaveLength(1);
    expect(await balances()).toEqual({ new: 1 });
  });

  it('can be given a tombstone, which a late message then reads', async () => {
    const cancel = unit.change(messageOf(Balance, { account: 'x' }), { accounts: ['ann'] }, (_, now) => ({
      state: { accounts: { ann: { id: 'ann', balance: 0, openedAt: now, tags: ['closed'], version: 1 } } },
    }));
    const place = bank.open().change(messageOf(Balance, { account: 'x' }), { accounts: ['ann'] }, ({ accounts }) => ({
      reply: accounts['ann']?.tags,
    }));
    await cancel;
    expect([[undefined], [['closed']]]).toContainEqual([await place]);
    expect(await balanceFrom(unit, messageOf(Balance, { account: 'ann' }))).toBe(0);
  });

  it('leave nothing behind when no rule fills them', async () => {
    const none = ['a', 'b'].map((account) => balanceFrom(unit, messageOf(Balance, { account })));
    expect(
      await Promise.all([
        ...none,
        put('c', 1),
        transferOver(unit, messageOf(Transfer, { from: 'd', to: 'e', amount: 1 })).catch(() => 'no'),
      ]),
    ).toEqual([-1, -1, 1, 'no']);
    expect(await bank.rows('SELECT id FROM accounts')).toEqual([{ id: 'c' }]);
  });
});
