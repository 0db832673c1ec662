import { faultOf } from '@sluice/messaging';
import { testDatabase } from '@sluice/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Balance,
  Deposit,
  depositInto,
  messageOf,
  openBank,
  POISON,
  schemaSql,
  type Bank,
  type BankUnit,
} from './testing/bank.js';

let bank: Bank;
let unit: BankUnit;

/** Not an SQLSTATE: the server ends the connection in the middle of the statement. */
const CONNECTION_ENDS = 'ends';
const SERIALIZATION_FAILURE = '40001';
const QUERY_CANCELED = '57014';
const DISK_FULL = '53100';

/** A sequence is not rolled back with the transaction, so it counts failed tries too. */
const TROUBLE_SQL = `
  CREATE TABLE troubles (account text PRIMARY KEY, sqlstate text NOT NULL, times int NOT NULL);
  CREATE SEQUENCE tries;
  CREATE FUNCTION make_trouble() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE trouble troubles;
    BEGIN
      SELECT * INTO trouble FROM troubles WHERE account = new.id;
      IF NOT FOUND OR nextval('tries') > trouble.times THEN RETURN new; END IF;
      IF trouble.sqlstate <> '${CONNECTION_ENDS}' THEN
        RAISE EXCEPTION 'troubled' USING ERRCODE = trouble.sqlstate;
      END IF;
      PERFORM pg_terminate_backend(pg_backend_pid());
      RETURN new;
    END $$;
  CREATE TRIGGER troubled BEFORE INSERT OR UPDATE ON accounts FOR EACH ROW WHEN (new.version > 0)
    EXECUTE FUNCTION make_trouble();`;

beforeAll(async () => (bank = openBank(await testDatabase('bank', { schemaSql: schemaSql + TROUBLE_SQL }))));
beforeEach(async () => {
  await bank.clear();
  await bank.rows(`TRUNCATE troubles; ALTER SEQUENCE tries RESTART`);
  unit = bank.open();
});
afterAll(() => bank.close());

const FOR_EVER = 1_000;
const trouble = (account: string, sqlstate: string, times = FOR_EVER) =>
  bank.rows('INSERT INTO troubles VALUES ($1, $2, $3)', [account, sqlstate, times]);
const tries = async (): Promise<number> => Number((await bank.rows(`SELECT nextval('tries') - 1 AS n`))[0]!['n']);
const put = (account: string, amount = 1) => depositInto(unit, messageOf(Deposit, { account, amount }));
const balances = async () =>
  Object.fromEntries(
    (await bank.rows('SELECT id, balance::int FROM accounts ORDER BY id')).map(({ id, balance }) => [id, balance]),
  );
const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
/** Returns one outcome per promise: its reply, or the SQLSTATE of its error. */
const outcomes = async (promises: Promise<unknown>[]): Promise<unknown[]> =>
  (await Promise.allSettled(promises)).map((result) =>
    result.status === 'fulfilled' ? result.value : codeOf(result.reason),
  );

describe('a transaction that the server aborts', () => {
  it.each([[SERIALIZATION_FAILURE], [CONNECTION_ENDS]])(
    'succeeds as soon as the same work does: %s',
    async (sqlstate) => {
      await trouble('ann', sqlstate, 6);
      expect(await put('ann')).toBe(1);
      expect([await balances(), await tries(), await bank.count('ledger'), bank.sizes]).toEqual([
        { ann: 1 },
        7,
        1,
        [1],
      ]);
    },
  );

  it('is given up after seven tries, as a fault of the database, and stores nothing', async () => {
    await trouble('ann', SERIALIZATION_FAILURE);
    const error = await put('ann').catch((thrown: unknown) => thrown);
    expect([faultOf(error), await tries()]).toEqual([
      { whose: 'environment', dependency: 'database', mayBePoison: true },
      7,
    ]);
    expect([await balances(), await bank.count('inbox')]).toEqual([{}, 0]);
  });

  it('is tried three times as a batch, then message by message, and five times for the failing message', async () => {
    await trouble('bad', SERIALIZATION_FAILURE);
    expect(await outcomes([put('a'), put('bad'), put('b')])).toEqual([1, SERIALIZATION_FAILURE, 1]);
    expect([await balances(), await tries(), bank.sizes]).toEqual([{ a: 1, b: 1 }, 3 + 5, [1, 1]]);
  });
});

describe('a statement that was too slow', () => {
  it('is not repeated: it would be too slow again', async () => {
    await trouble('bad', QUERY_CANCELED);
    expect([await outcomes([put('bad')]), await tries()]).toEqual([[QUERY_CANCELED], 1]);
  });

  it('fails only the message that makes it slow', async () => {
    await trouble('bad', QUERY_CANCELED);
    expect(await outcomes([put('a'), put('bad'), put('b')])).toEqual([1, QUERY_CANCELED, 1]);
    expect([await tries(), bank.sizes]).toEqual([2, [1, 1]]);
  });

  it('fails the rest of the batch without a try after two consecutive messages were too slow alone', async () => {
    for (const account of ['bad', 'worse']) await trouble(account, QUERY_CANCELED);
    expect(await outcomes([put('a'), put('bad'), put('worse'), put('b'), put('c')])).toEqual([
      1,
      ...Array(4).fill(QUERY_CANCELED),
    ]);
    expect([await balances(), await tries()]).toEqual([{ a: 1 }, 3]);
  });

  it('fails no other message when one in between succeeds, or fails by its own fault', async () => {
    for (const account of ['bad', 'worse']) await trouble(account, QUERY_CANCELED);
    const work = [put('bad'), put('a'), put('worse'), put('b', POISON), put('b', POISON), put('c')];
    expect(await outcomes(work)).toEqual([QUERY_CANCELED, 1, QUERY_CANCELED, '23514', '23514', 1]);
  });
});

describe('a database that fails for every message', () => {
  it('fails the whole batch at once, without trying its messages alone', async () => {
    await trouble('bad', DISK_FULL);
    expect(await outcomes([put('a'), put('bad'), put('b')])).toEqual(Array(3).fill(DISK_FULL));
    expect([await balances(), await tries(), await bank.count('inbox')]).toEqual([{}, 1, 0]);
  });

  it('accepts the same messages when it has recovered', async () => {
    await trouble('bad', DISK_FULL, 1);
    const messages = ['a', 'bad'].map((account) => messageOf(Deposit, { account, amount: 1 }));
    const all = () => outcomes(messages.map((message) => depositInto(unit, message)));
    expect([await all(), await all()]).toEqual([
      [DISK_FULL, DISK_FULL],
      [1, 1],
    ]);
    expect(await bank.count('ledger')).toBe(2);
  });
});

describe('a rule that is wrong', () => {
  it('fails its own message with a clear error for an unnamed row, an undefined row, or an unknown log', async () => {
    const decided = (keys: object, decision: object) =>
      unit.change(messageOf(Balance, { account: 'x' }), keys, () => decision);
    const nameless = decided({}, { state: { accounts: { ann: { id: 'ann' } } } });
    const nothing = decided({ accounts: ['ann'] }, { state: { accounts: { ann: undefined } } });
    const noLog = decided({}, { append: { accounts: [{ id: 'ann' }] } });
    expect(await outcomes([put('ann'), nameless, nothing, noLog])).toEqual([1, undefined, undefined, undefined]);
    await expect(nameless).rejects.toThrow('a rule wrote the row ann of accounts, which its message did not name');
    await expect(nothing).rejects.toThrow('a rule wrote nothing as the row ann of accounts; rows are not deleted');
    await expect(noLog).rejects.toThrow('a rule appended to accounts, which is no log');
  });

  it('does not run when its message has invalid keys', async () => {
    const named = (keys: object) => unit.change(messageOf(Balance, { account: 'x' }), keys, () => ({}));
    await expect(named({ ledger: ['ann'] })).rejects.toThrow('ledger is no collection of this unit of work');
    await expect(named({ bins: ['bolt'] })).rejects.toThrow(/bolt/);
    expect(await named({ accounts: undefined })).toBeUndefined();
    expect(bank.sizes).toEqual([1]);
  });
});

describe('a batch of which one message fails while another waits for a held row', () => {
  const holding = async (sql: string, work: (release: () => Promise<unknown>) => Promise<void>): Promise<void> => {
    const somebody = await bank.pool.connect();
    await somebody.query(`BEGIN; ${sql}`);
    await work(() => somebody.query('ROLLBACK')).finally(async () => {
      await somebody.query('ROLLBACK');
      somebody.release();
    });
  };

  it('commits the others, and the waiting message when the row is free', async () => {
    await put('hot', 0);
    await holding(`SELECT FROM accounts WHERE id = 'hot' FOR UPDATE`, async (release) => {
      const stuck = put('hot', 5);
      expect(await outcomes([put('bad', POISON), put('a')])).toEqual(['23514', 1]);
      await release();
      expect(await stuck).toBe(5);
    });
    expect(await balances()).toEqual({ a: 1, hot: 5 });
  });

  it('does the same while the key of the row is being inserted', async () => {
    await holding(`INSERT INTO accounts (id) VALUES ('new')`, async (release) => {
      const stuck = put('new', 5);
      expect(await outcomes([put('bad', POISON), put('a')])).toEqual(['23514', 1]);
      await release();
      expect(await stuck).toBe(5);
    });
    expect(await balances()).toEqual({ a: 1, new: 5 });
  });

  /** Returns the transactions that wait for a lock longer than the lock timeout for held rows. */
  const stuck = () =>
    bank.rows(`SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'
        AND clock_timestamp() - query_start > interval '0.4 s'`);

  it.each([
    ['the row', 'hot', `SELECT FROM accounts WHERE id = 'hot' FOR UPDATE`],
    ['its key, which is being inserted,', 'new', `INSERT INTO accounts (id) VALUES ('new')`],
  ])('no transaction waits long after one try has found that another transaction holds %s', async (_, account, sql) => {
    await put('hot', 0);
    await holding(sql, async (release) => {
      const waiting = [put(account), put(account)];
      await put('a');
      bank.sizes.length = 0;
      // Longer than the longest pause between two tries of the row; some tries share their batch with other messages.
      const end = performance.now() + 1_200;
      const others = async () => {
        while (performance.now() < end) await Promise.all([put('a'), put('b')]);
      };
      const work = others();
      while (performance.now() < end) expect(await stuck()).toEqual([]);
      await work;
      expect(bank.sizes.every((size) => size <= 2)).toBe(true);
      await release();
      expect(await Promise.all(waiting)).toEqual([1, 2]);
    });
  });
});
