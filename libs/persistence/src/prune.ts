import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { countPruned } from './metrics.js';
import { needNotReachDisk } from './outbox.js';
import { prepared, transaction, type Statement } from './transaction.js';

/** Rows that one transaction deletes: a few milliseconds, which is the longest wait of a unit with one of these ids. */
const BATCH = 1_000;
/** Pause between two batches, for other work. 10,000 rows per second are still more than one process can receive. */
const PAUSE_MS = 100;

export interface PruneOptions {
  /** How long the id of a handled message is kept. Days. */
  retentionDays: number;
  /** Stops the pruning after the current batch. */
  signal?: AbortSignal;
  /** Milliseconds between two batches. */
  pauseMs?: number;
}

/**
 * Deletes the ids of handled messages that are older than the retention from the inbox, oldest first, one transaction
 * per batch. Any number of processes may prune one database: each skips rows that another holds. A unit of work waits
 * for it only when it handles one of these old messages.
 *
 * A deleted message that is delivered again is handled again. Dead letters are not affected: a failed message has no id
 * in the inbox (`deleteIds`, or rolled back with its batch). A handled message can become a dead letter when its ack
 * was lost repeatedly; redriven within the retention, it changes nothing.
 *
 * @returns the number of deleted ids
 * @throws Error when the database cannot be reached; batches that were committed before stay deleted
 */
export async function pruneInbox(
  pool: Pool,
  { retentionDays, signal, pauseMs = PAUSE_MS }: PruneOptions,
): Promise<number> {
  let pruned = 0;
  for (let after: Date | null = BEGINNING; after && !signal?.aborted;) {
    const { rows, upTo }: Pruned = await pruneBatch(pool, forget(retentionDays, after, BATCH));
    countPruned(rows);
    pruned += rows;
    after = rows < BATCH ? null : upTo;
    if (after) await pause(pauseMs, undefined, { signal }).catch(() => {});
  }
  return pruned;
}

const BEGINNING = new Date(0);

interface Pruned {
  rows: number;
  /** Time at which the newest deleted message was received. */
  upTo: Date | null;
}

async function pruneBatch(pool: Pool, statement: Statement): Promise<Pruned> {
  let pruned: Pruned = { rows: 0, upTo: null };
  // A delete that is lost in a crash of the server is repeated in the next round.
  await transaction(pool, [needNotReachDisk, statement], ([, result]) => {
    pruned = result!.rows[0] as Pruned;
    return { statements: [], commit: true };
  });
  return pruned;
}

/**
 * Deletes a batch, beginning where the batch before ended. From the beginning of the index, each batch would first scan
 * the entries of all rows that were deleted since the last vacuum.
 */
export const forget = (retentionDays: number, after: Date, limit: number): Statement =>
  prepared(
    `WITH gone AS (
       DELETE FROM inbox WHERE id = ANY(ARRAY(
         SELECT id FROM inbox WHERE received_at >= $1::timestamptz AND received_at < now() - $2 * interval '1 day'
         ORDER BY received_at LIMIT $3 FOR UPDATE SKIP LOCKED
       )) RETURNING received_at
     ) SELECT count(*)::int AS rows, max(received_at) AS "upTo" FROM gone`,
    [after, retentionDays, limit],
  );
