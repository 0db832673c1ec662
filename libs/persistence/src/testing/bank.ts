import { command, event, type Contract, type Data, type Message } from '@sluice/contracts';
import { factsOf, ProblemError, Publisher, type Delivery, type WireMessage } from '@sluice/messaging';
import type { Pool } from 'pg';
import { z } from 'zod';
import {
  collection,
  createPool,
  log,
  newId,
  OutboxRelay,
  TABLES_SQL,
  UnitOfWork,
  type Decision,
  type State,
} from '../index.js';

/**
 * A small domain that uses every feature of a unit of work: rows, plain reads, a ledger, messages, replies, refusals.
 */
export interface Account {
  id: string;
  balance: number;
  openedAt: Date;
  tags: string[];
  version: number;
}
export interface Bin {
  sku: string;
  warehouse: string;
  onHand: number;
}

export const schemaSql = `${TABLES_SQL}
  CREATE TABLE accounts (
    id text PRIMARY KEY, balance bigint, opened_at timestamptz(3), tags jsonb, version int NOT NULL DEFAULT 0,
    CHECK (version = 0 OR (balance >= 0 AND opened_at IS NOT NULL AND tags IS NOT NULL)));
  CREATE TABLE ledger (account_id text NOT NULL REFERENCES accounts, amount bigint NOT NULL,
    CONSTRAINT unlucky CHECK (amount <> 13));
  CREATE TABLE rates (currency text PRIMARY KEY, cents int NOT NULL);
  CREATE TABLE bins (sku text, warehouse text, on_hand int, version int NOT NULL DEFAULT 0,
    PRIMARY KEY (sku, warehouse));
  CREATE TABLE carts (id uuid PRIMARY KEY, items int, version int NOT NULL DEFAULT 0);`;

export const tables = {
  accounts: collection<Account>({
    table: 'accounts',
    key: 'id',
    columns: ['id', 'balance', 'openedAt', 'tags', 'version'],
  }),
  ledger: log<{ accountId: string; amount: number }>({ table: 'ledger', columns: ['accountId', 'amount'] }),
  rates: collection<{ currency: string; cents: number }>({
    table: 'rates',
    key: 'currency',
    columns: ['currency', 'cents'],
    lock: false,
  }),
  bins: collection<Bin>({ table: 'bins', key: ['sku', 'warehouse'], columns: ['sku', 'warehouse', 'onHand'] }),
  carts: collection<{ id: string; items: number }>({ table: 'carts', key: 'id', columns: ['id', 'items'] }),
};
export type BankTables = typeof tables;

/** An amount that the ledger's check constraint refuses: the SQL fails, although the rule accepts it. */
export const POISON = 13;

export const Deposit = command('bank.deposit', z.object({ account: z.string(), amount: z.int() }), { reply: z.int() });
export const Transfer = command('bank.transfer', z.object({ from: z.string(), to: z.string(), amount: z.int() }), {
  reply: z.int(),
});
export const Balance = command('bank.balance', z.object({ account: z.string() }), { reply: z.int() });
export const Deposited = event(
  'account.deposited',
  z.object({ account: z.string(), balance: z.int(), version: z.int() }),
);

export function messageOf<C extends Contract>(contract: C, data: Data<C>, more: Partial<Message> = {}): Message<C> {
  return {
    id: newId(),
    type: contract.type,
    version: 1,
    correlationId: 'a-request',
    time: new Date().toISOString(),
    data,
    ...more,
  } as Message<C>;
}

/** Message fields of a request whose caller waits for the reply. */
export const withCaller = { reply: { to: 'amq.rabbitmq.reply-to.x', id: '1' }, deadline: 4_000_000_000_000 };

type Held = Pick<State<BankTables>, 'accounts'>;

const changed = (held: Held, id: string, amount: number, now: Date): Account => {
  const { balance, openedAt, version, tags } = held.accounts[id] ?? { balance: 0, openedAt: now, version: 0, tags: [] };
  return { id, balance: balance + amount, openedAt, tags: [...tags, String(amount)].slice(-3), version: version + 1 };
};
const deposited = ({ id: account, balance, version }: Account): ReturnType<typeof Deposited> =>
  Deposited({ account, balance, version });

export const deposit =
  ({ account, amount }: Data<typeof Deposit>) =>
  (held: Held, now: Date): Decision<number, BankTables> => {
    const row = changed(held, account, amount, now);
    return {
      state: { accounts: { [account]: row } },
      append: { ledger: [{ accountId: account, amount }] },
      messages: [deposited(row)],
      reply: row.balance,
    };
  };

export const transfer =
  ({ from, to, amount }: Data<typeof Transfer>) =>
  (held: Held, now: Date): Decision<number, BankTables> => {
    if ((held.accounts[from]?.balance ?? 0) < amount) throw ProblemError.of(409, 'insufficient funds');
    const rows = [changed(held, from, -amount, now), changed(held, to, amount, now)];
    const ledger = rows.map(({ id }, index) => ({ accountId: id, amount: index === 0 ? -amount : amount }));
    return {
      state: { accounts: Object.fromEntries(rows.map((row) => [row.id, row])) },
      append: { ledger },
      messages: rows.map(deposited),
      reply: rows[0]!.balance,
    };
  };

export const balance =
  ({ account }: Data<typeof Balance>) =>
  (held: Held): Decision<number, BankTables> => ({ reply: held.accounts[account]?.balance ?? -1 });

interface Database {
  url: string;
  pool: Pool;
  close(): Promise<void>;
}

/** A bank on a database with `schemaSql`. Its publisher has no broker, so committed messages stay in the outbox. */
export function openBank(database: Database) {
  const pool = createPool(`${database.url}?application_name=bank`, { max: 20 });
  const publisher = new Publisher({ url: 'amqp://127.0.0.1:1' });
  const relay = new OutboxRelay({ pool, publisher, publishDeadlineMs: 100 });
  const sizes: number[] = [];
  const rows = async (sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
    (await database.pool.query(sql, values)).rows;
  return {
    pool,
    rows,
    /** The sizes of the batches that were committed. */
    sizes,
    open: ({ counted = true, publishBatches = true, prefetch = 100 } = {}) =>
      new UnitOfWork({
        pool,
        relay,
        source: 'bank',
        tables,
        publishBatches,
        prefetch,
        ...(counted && { onBatch: ({ size }: { size: number }) => sizes.push(size) }),
      }),
    /** Number of rows; of the outbox, whose rows may be batches, the number of facts. */
    count: async (table: string) => {
      const number = table === 'outbox' ? `sum(coalesce((wire #>> '{properties,headers,facts}')::int, 1))` : 'count(*)';
      return Number((await rows(`SELECT coalesce(${number}, 0) AS n FROM ${table}`))[0]!['n']);
    },
    /** What is in the outbox, fact by fact, in one order: the body, and the id of the message that caused it. */
    sent: async () => {
      const found = (await rows('SELECT wire FROM outbox')) as { wire: WireMessage }[];
      const deliveries = found.map(({ wire: { properties, body, ...fields } }) => ({
        properties,
        content: Buffer.from(body),
        fields: { ...fields, redelivered: false },
      }));
      const facts = deliveries.flatMap(factsOf<Delivery>).map((fact) => ({
        by: fact.properties.headers!['causation-id'] as string,
        body: fact.fact ? JSON.stringify(fact.fact.data) : fact.content.toString(),
      }));
      return facts.sort((a, b) => (`${a.by} ${a.body}` < `${b.by} ${b.body}` ? -1 : 1));
    },
    clear: async () => {
      sizes.length = 0;
      await database.pool.query('TRUNCATE inbox, outbox, accounts, ledger, rates, bins, carts');
    },
    close: async () => {
      await Promise.all([relay.stop(), publisher.close()]);
      await pool.end();
      await database.close();
    },
  };
}

export type Bank = ReturnType<typeof openBank>;
export type BankUnit = UnitOfWork<BankTables>;

/** Handles a message in a unit of work, with the keys and the rule of its type. */
export const depositInto = (unit: BankUnit, message: Message<typeof Deposit>) =>
  unit.change(message, { accounts: [message.data.account] }, deposit(message.data));
export const transferOver = (unit: BankUnit, message: Message<typeof Transfer>) =>
  unit.change(message, { accounts: [message.data.from, message.data.to] }, transfer(message.data));
export const balanceFrom = (unit: BankUnit, message: Message<typeof Balance>) =>
  unit.change(message, { accounts: [message.data.account] }, balance(message.data));
