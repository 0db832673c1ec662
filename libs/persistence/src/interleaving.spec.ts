import type { Data, Message } from '@sluice/contracts';
import { testDatabase } from '@sluice/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Decision } from './index.js';
import {
  withCaller,
  balance,
  Balance,
  Deposit,
  deposit,
  messageOf,
  openBank,
  POISON,
  schemaSql,
  transfer,
  Transfer,
  type Account,
  type Bank,
  type BankTables,
  type BankUnit,
} from './testing/bank.js';

/** Operations that may arrive. Some arrive twice, some are refused by their rule or by SQL, some only read. */
type Operation =
  | { kind: 'deposit'; data: Data<typeof Deposit> }
  | { kind: 'transfer'; data: Data<typeof Transfer> }
  | { kind: 'balance'; data: Data<typeof Balance> };
interface Arrival {
  operation: Operation;
  unit: number;
  /** Turns of the event loop before it arrives, so that batches of every size form. */
  delay: number;
  hasCaller: boolean;
  redelivered: boolean;
  /** Deliver the message of an earlier arrival again instead. */
  repeats?: number;
}

const account = fc.constantFrom('a', 'b', 'c', 'd');
const amount = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 9 }) },
  { weight: 1, arbitrary: fc.constant(POISON) },
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ kind: fc.constant('deposit' as const), data: fc.record({ account, amount }) }),
  fc.record({
    kind: fc.constant('transfer' as const),
    data: fc.record({ from: account, to: account, amount }).filter(({ from, to }) => from !== to),
  }),
  fc.record({ kind: fc.constant('balance' as const), data: fc.record({ account }) }),
);
const arrivals = (units: number): fc.Arbitrary<Arrival[]> =>
  fc.array(
    fc.record({
      operation,
      unit: fc.nat(units - 1),
      delay: fc.constantFrom(0, 0, 0, 1, 5, 40),
      hasCaller: fc.boolean(),
      redelivered: fc.constantFrom(false, false, false, true),
      repeats: fc.option(fc.nat(20), { nil: undefined, freq: 4 }),
    }),
    { minLength: 1, maxLength: 40 },
  );

type Held = Record<string, Account | undefined>;
type Rule = (held: { accounts: Held }, now: Date) => Decision<number, BankTables>;
const keysOf = ({ data }: Operation): string[] => ('account' in data ? [data.account] : [data.from, data.to]);
const ruleOf = (operation: Operation): Rule =>
  operation.kind === 'deposit'
    ? deposit(operation.data)
    : operation.kind === 'transfer'
      ? transfer(operation.data)
      : balance(operation.data);

/**
 * A handled delivery: the versions that its rule read in its last run (undefined when it did not run), and its result.
 */
interface Handled {
  message: Message;
  operation: Operation;
  seen?: Record<string, number>;
  result: unknown;
}

let bank: Bank;
beforeAll(async () => {
  bank = openBank(await testDatabase('bank', { schemaSql }));
});
afterAll(() => bank.close());

/** Two accounts exist and two do not, because existing rows are not serialized by the insertion of stubs. */
async function startOver(): Promise<void> {
  await bank.clear();
  await bank.rows(`INSERT INTO accounts SELECT id, 20, now(), '[]', 1 FROM unnest(ARRAY['a', 'b']) AS id`);
}

const eventLoopTurns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

async function handle(unit: BankUnit, message: Message, operation: Operation): Promise<Handled> {
  const handled: Handled = { message, operation, result: undefined };
  const rule: Rule = (held, now) => {
    handled.seen = Object.fromEntries(keysOf(operation).map((key) => [key, held.accounts[key]?.version ?? 0]));
    return ruleOf(operation)(held, now);
  };
  handled.result = await unit
    .change(message, { accounts: keysOf(operation) }, rule)
    .catch((error: Error) => error.message);
  return handled;
}

/** Handles all arrivals concurrently; the results are in the order of arrival. */
async function handleTogether(arriving: Arrival[], units: number): Promise<Handled[]> {
  const open = Array.from({ length: units }, () => bank.open());
  const earlier: { message: Message; operation: Operation }[] = [];
  const arrived: Promise<Handled>[] = [];
  const arrive = async ({ operation, unit, delay, hasCaller, repeats, redelivered }: Arrival): Promise<void> => {
    await eventLoopTurns(delay);
    const fresh = { operation, message: messageOf(Balance, { account: '' }, hasCaller ? withCaller : {}) };
    const { message, ...rest } = earlier[repeats ?? -1] ?? fresh;
    earlier.push({ message, ...rest });
    arrived.push(handle(open[unit]!, { ...message, redelivered }, rest.operation));
  };
  await Promise.all(arriving.map(arrive));
  return Promise.all(arrived);
}

/** Returns the visible state: rows, ledger, and which message sent which. */
const outcome = async () => ({
  accounts: await bank.rows('SELECT id, balance::int, tags, version FROM accounts ORDER BY id'),
  ledger: await bank.rows('SELECT account_id, amount::int, count(*)::int FROM ledger GROUP BY 1, 2 ORDER BY 1, 2'),
  sent: await bank.sent(),
});

/** Handles the same deliveries one after the other; each is committed before the next one begins. */
async function handleOneByOne(order: Handled[]): Promise<unknown[]> {
  await startOver();
  const unit = bank.open();
  const results: unknown[] = [];
  for (const { message, operation } of order) results.push((await handle(unit, message, operation)).result);
  return results;
}

/**
 * Returns the deliveries whose rule ran. The others changed nothing: duplicates without a caller, or within a batch.
 */
const ran = (handled: Handled[]): Handled[] => handled.filter(({ seen, result }) => seen && result !== undefined);

async function expectSameAsOneByOne(order: Handled[]): Promise<void> {
  const together = await outcome();
  expect(await handleOneByOne(order)).toEqual(order.map(({ result }) => result));
  expect(await outcome()).toEqual(together);
}

it('one unit: any batching has the same state, messages and replies as one by one in order of arrival', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals(1), async (arriving) => {
      await startOver();
      await expectSameAsOneByOne(ran(await handleTogether(arriving, 1)));
    }),
    { numRuns: 25 },
  );
}, 120_000);

it('several units: any batching has the same state, messages and replies as one by one in some order', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals(3), async (arriving) => {
      await startOver();
      const handled = ran(await handleTogether(arriving, 3));
      await expectSameAsOneByOne(serialOrder(handled, await writers()));
    }),
    { numRuns: 25 },
  );
}, 120_000);

/** Maps `account@version` to the id of the message that wrote it. */
async function writers(): Promise<Map<string, string>> {
  const sent = (await outcome()).sent as { by: string; body: string }[];
  return new Map(sent.map(({ by, body }) => [`${JSON.parse(body).account}@${JSON.parse(body).version}`, by]));
}

/**
 * Returns a serial order that explains what every delivery read: after the writers of those versions, and before the
 * writers of the next ones.
 * @throws Error when there is none, which means that the units were not isolated from each other
 */
function serialOrder(handled: Handled[], writers: Map<string, string>): Handled[] {
  const wrote = ({ seen, message }: Handled): boolean =>
    Object.entries(seen!).every(([key, version]) => writers.get(`${key}@${version + 1}`) === message.id);
  const version: Record<string, number> = { a: 1, b: 1 };
  const left = new Set(handled);
  const order: Handled[] = [];
  const seesNow = ({ seen }: Handled): boolean =>
    Object.entries(seen!).every(([key, at]) => at === (version[key] ?? 0));
  const overwritesNoUnread = (writer: Handled): boolean =>
    [...left].every(
      (other) => other === writer || Object.entries(writer.seen!).every(([key, at]) => other.seen![key] !== at),
    );
  while (left.size > 0) {
    const next = [...left].filter(seesNow).find((each) => !wrote(each) || overwritesNoUnread(each));
    if (!next)
      throw new Error(
        `no serial order explains ${JSON.stringify([...left].map(({ operation, seen }) => ({ operation, seen })))}`,
      );
    if (wrote(next)) for (const key of Object.keys(next.seen!)) version[key] = (version[key] ?? 0) + 1;
    left.delete(next);
    order.push(next);
  }
  return order;
}
