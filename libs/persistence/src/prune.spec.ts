import { encode } from '@sluice/messaging';
import { testDatabase } from '@sluice/testing';
import { register } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimIds, deleteIds } from './inbox.js';
import { newId, pruneInbox } from './index.js';
import { deleteRows, insertRows, takeLeftovers } from './outbox.js';
import { forget } from './prune.js';
import { Deposit, Deposited, depositInto, messageOf, openBank, schemaSql, type Bank } from './testing/bank.js';
import { beginning, type Statement } from './transaction.js';

let bank: Bank;
beforeAll(async () => {
  bank = openBank(await testDatabase('bank', { schemaSql }));
});
afterAll(() => bank.close());

const RETENTION_DAYS = 40;
/** Inserts `count` handled messages, one per second, beginning `daysAgo` days ago. */
const handled = (count: number, daysAgo: number) =>
  bank.rows(
    `INSERT INTO inbox SELECT gen_random_uuid(), now() - interval '${daysAgo} days' + n * interval '1 second'
     FROM generate_series(1, ${count}) AS n`,
  );
const prune = (more: { signal?: AbortSignal } = {}) =>
  pruneInbox(bank.pool, { retentionDays: RETENTION_DAYS, pauseMs: 0, ...more });
const pruned = async (): Promise<number> =>
  Number((await register.getSingleMetricAsString('sluice_inbox_pruned_total')).split('\n').at(-1)!.split(' ').at(-1));

describe('pruning the inbox', () => {
  beforeEach(() => bank.clear());

  it('deletes exactly the ids that are older than the retention, and counts them', async () => {
    await Promise.all([handled(2_500, 41), handled(30, 39)]);
    const before = await pruned();
    expect(await prune()).toBe(2_500);
    expect([await bank.count('inbox'), (await pruned()) - before]).toEqual([30, 2_500]);
    expect(await bank.rows(`SELECT FROM inbox WHERE received_at < now() - interval '40 days'`)).toEqual([]);
    expect(await prune()).toBe(0);
  });

  it('deletes all messages that were received at the same moment, however many', async () => {
    await bank.rows(
      `INSERT INTO inbox SELECT gen_random_uuid(), now() - interval '50 days' FROM generate_series(1, 3500)`,
    );
    expect([await prune(), await bank.count('inbox')]).toEqual([3_500, 0]);
  });

  it('keeps a recent id, so that its message does nothing again; the message of a deleted id is handled', async () => {
    const [unit, message] = [bank.open(), messageOf(Deposit, { account: 'a', amount: 5 })];
    await depositInto(unit, message);
    await prune();
    await depositInto(unit, message);
    expect(await bank.rows('SELECT balance FROM accounts')).toEqual([{ balance: '5' }]);
    await bank.rows(`UPDATE inbox SET received_at = now() - interval '41 days'`);
    await prune();
    await depositInto(unit, message);
    expect(await bank.rows('SELECT balance FROM accounts')).toEqual([{ balance: '10' }]);
  });

  it('lets units of work commit beside it', async () => {
    await handled(20_000, 60);
    const unit = bank.open();
    // Opens the unit's connection, which on a busy machine may take longer than all of the pruning.
    await depositInto(unit, messageOf(Deposit, { account: 'a', amount: 1 }));
    const pruning = prune();
    const commits: number[] = [];
    for (let n = 1; n <= 20; n++) {
      await depositInto(unit, messageOf(Deposit, { account: 'a', amount: 1 }));
      commits.push(await bank.count('inbox'));
    }
    expect(await pruning).toBe(20_000);
    expect([await bank.count('inbox'), await bank.count('ledger')]).toEqual([21, 21]);
    expect(
      commits.some((left) => left > 21),
      'commits while rows were left to be pruned',
    ).toBe(true);
  });

  it('shares the work among any number of processes, and counts each row once', async () => {
    await handled(20_000, 60);
    const shares = await Promise.all([prune(), prune(), prune()]);
    expect(shares.reduce((sum, share) => sum + share)).toBe(20_000);
    expect(shares.filter((share) => share > 0).length).toBeGreaterThan(1);
    expect(await bank.count('inbox')).toBe(0);
  });

  it('skips rows that another transaction holds, without waiting', async () => {
    await handled(100, 60);
    const client = await bank.pool.connect();
    await client.query('BEGIN; SELECT FROM inbox ORDER BY received_at LIMIT 40 FOR UPDATE');
    expect([await prune(), await bank.count('inbox')]).toEqual([60, 40]);
    await client.query('ROLLBACK');
    client.release();
  });

  it('stops after the current batch when its process is stopped', async () => {
    await handled(5_000, 60);
    const stopping = new AbortController();
    const pruning = pruneInbox(bank.pool, { retentionDays: RETENTION_DAYS, signal: stopping.signal, pauseMs: 60_000 });
    stopping.abort();
    expect(await pruning).toBe(1_000);
  });
});

interface Plan {
  'Node Type': string;
  'Index Name'?: string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

/** Explains a statement with the settings of its transaction, and rolls it back. */
async function explain(
  { text, values }: Statement,
  begin: readonly Statement[] = beginning(),
): Promise<{ nodes: string[]; indexes: string[]; blocks: number }> {
  const client = await bank.pool.connect();
  try {
    for (const statement of begin) await client.query(statement);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
      values,
    );
    const plan = rows[0]!['QUERY PLAN'][0].Plan;
    const all = (node: Plan): Plan[] => [node, ...(node.Plans ?? []).flatMap(all)];
    const nodes = all(plan);
    return {
      nodes: nodes.map((node) => node['Node Type']),
      indexes: nodes.flatMap((node) => node['Index Name'] ?? []),
      blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    };
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

const uuids = (count: number, first = 0): string[] =>
  Array.from({ length: count }, (_, n) => `01900000-0000-7000-8000-${(first + n).toString(16).padStart(12, '0')}`);
const wire = encode(Deposited({ account: 'a', balance: 1, version: 1 }), {
  id: newId(),
  time: new Date().toISOString(),
  correlationId: 'a-request',
  source: 'bank',
});

describe('a history of a million messages', () => {
  /** Ids and times grow together, as in production. The indexes are created after the rows, which is faster. */
  beforeAll(async () => {
    await bank.clear();
    await bank.rows('ALTER TABLE inbox DROP CONSTRAINT inbox_pkey; DROP INDEX inbox_received_at_idx');
    await bank.rows(
      `INSERT INTO inbox SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
         now() - interval '50 days' + n * interval '4 seconds' FROM generate_series(1, 1000000) AS n`,
    );
    await bank.rows(
      `INSERT INTO outbox SELECT ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, '{}',
         now() - interval '1 day' + n * interval '0.5 seconds' FROM generate_series(1, 100000) AS n`,
    );
    await bank.rows(
      'ALTER TABLE inbox ADD PRIMARY KEY (id); CREATE INDEX ON inbox (received_at); ANALYZE inbox; ANALYZE outbox',
    );
  }, 60_000);

  /**
   * Each table and each index has more than 10,000 pages, so a full scan reads far more blocks. A lookup reads the path
   * down the index and the row.
   */
  const MAX_BLOCKS = 1_500;
  const plain: Statement[] = [{ text: 'BEGIN' }];
  const claiming = (ids: string[]): Statement => beginning(undefined, claimIds(ids))[1];

  it.each<[string, Statement, Statement[] | undefined, string]>([
    ['claims new messages', claiming(uuids(100, 5_000_000)), plain, ''],
    ['knows handled ones again', claiming(uuids(100, 400_000)), plain, ''],
    ['gives up claims', deleteIds(uuids(100, 400_000)), undefined, 'inbox_pkey'],
    ['forgets the oldest', forget(RETENTION_DAYS, new Date(0), 100), undefined, 'inbox_received_at_idx'],
    ['adds to the outbox', insertRows(uuids(100, 5_000_000).map((id) => ({ id, wire }))), undefined, ''],
    ['deletes what is confirmed', deleteRows(uuids(100, 50_000)), undefined, 'outbox_pkey'],
    ['takes leftovers', takeLeftovers(15_000, uuids(1)[0]!, 100, uuids(5_000)), plain, 'outbox_pkey'],
  ])('does not slow down what %s', async (_what, statement, begin, index) => {
    const { nodes, indexes, blocks } = await explain(statement, begin);
    expect(nodes).not.toContain('Seq Scan');
    if (index) expect(indexes).toContain(index);
    expect(blocks).toBeLessThan(MAX_BLOCKS);
  });

  it('is pruned from where the batch before ended, without reading deleted, unvacuumed rows', async () => {
    await bank.rows('ALTER TABLE inbox SET (autovacuum_enabled = false)');
    const [{ upTo }] = (await bank.rows(
      `WITH gone AS (DELETE FROM inbox WHERE id <= '${uuids(1, 150_000)[0]}' RETURNING received_at)
       SELECT max(received_at) AS "upTo" FROM gone`,
    )) as [{ upTo: Date }];
    expect((await explain(forget(RETENTION_DAYS, upTo, 100))).blocks).toBeLessThan(MAX_BLOCKS);
  });
});
