import { whenScraped } from '@sluice/messaging';
import type { Pool } from 'pg';
import { Counter, Gauge, Histogram } from 'prom-client';

export const batchMessages = new Histogram({
  name: 'sluice_batch_messages',
  help: 'Messages that one commit took together.',
  // 1: an idle service. 500: the largest batch.
  buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500],
});
export const batchSeconds = new Histogram({
  name: 'sluice_batch_seconds',
  help: 'From the beginning of a batch to its commit. Seconds.',
  // A commit alone takes 2 ms, a full batch about 50 ms; a statement times out after 10 s.
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

export function countBatch(size: number, ms: number): void {
  batchMessages.observe(size);
  batchSeconds.observe(ms / 1_000);
}

const inboxPruned = new Counter({
  name: 'sluice_inbox_pruned_total',
  help: 'Handled messages that the inbox has forgotten, because they are too old to come again.',
});

export function countPruned(rows: number): void {
  inboxPruned.inc(rows);
}

/**
 * Pools of the outbox relays that run in this process. A relay adds its pool when it starts, and removes it on stop.
 */
export const watchedPools = new Set<Pool>();

/**
 * Rows that a scrape counts at most; beyond it the planner's estimate is used. An outage may leave millions of rows.
 */
const COUNTED = 10_000;

const OUTBOX = `
  SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT ${COUNTED}) AS counted)::int AS counted,
    (SELECT reltuples FROM pg_class WHERE oid = 'outbox'::regclass)::float8 AS estimated,
    coalesce(extract(epoch FROM now() - (SELECT created_at FROM outbox ORDER BY id LIMIT 1)), 0)::float8
      AS "oldestSeconds"`;

export interface Outbox {
  counted: number;
  estimated: number;
  oldestSeconds: number;
}

/** The outboxes of this process; undefined while a database does not respond. */
export const outboxes = whenScraped(async () => {
  const pools = [...watchedPools];
  const answers = await Promise.all(pools.map((pool) => pool.query<Outbox>(OUTBOX)));
  return answers.flatMap(({ rows }) => rows);
});

export const rowsOf = (all: readonly Outbox[]): number =>
  all.reduce((sum, { counted, estimated }) => sum + (counted < COUNTED ? counted : Math.max(counted, estimated)), 0);

/** Sets the gauge, or removes it while the database does not respond: no value is better than a wrong one. */
async function setFromOutboxes(gauge: Gauge, valueOf: (outboxes: readonly Outbox[]) => number): Promise<void> {
  const all = await outboxes();
  if (all && all.length > 0) gauge.set(valueOf(all));
  else gauge.remove();
}

new Gauge({
  name: 'sluice_outbox_rows',
  help: `Messages that are committed and not yet confirmed by the broker, a batch as one; an estimate from ${COUNTED} on.`,
  collect() {
    return setFromOutboxes(this, rowsOf);
  },
});

new Gauge({
  name: 'sluice_outbox_oldest_seconds',
  help: 'How long the oldest of them has waited. Seconds; 0 when there is none.',
  collect() {
    return setFromOutboxes(this, (all) => Math.max(...all.map(({ oldestSeconds }) => oldestSeconds), 0));
  },
});

new Gauge({
  name: 'sluice_pool_connections',
  help: 'Database connections: busy, idle, and callers who wait for one.',
  labelNames: ['state'],
  collect() {
    this.reset();
    for (const { totalCount, idleCount, waitingCount } of watchedPools) {
      this.inc({ state: 'busy' }, totalCount - idleCount);
      this.inc({ state: 'idle' }, idleCount);
      this.inc({ state: 'waiting' }, waitingCount);
    }
  },
});
