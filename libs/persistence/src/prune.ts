import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { countPruned } from './metrics.js';
import { needNotReachDisk } from './outbox.js';
import { prepared, transaction, type Statement } from './transaction.js';

/** Rows that one transaction forgets: some milliseconds of work, so that whoever claims one of these ids waits no longer than that. */
const BATCH = 1_000;
/** Leaves the database to others between two batches. 10,000 rows a second are still more than a process can take in. */
const PAUSE_MS = 100;

export interface PruneOptions {
  /** How long a handled message is remembered. Days. */
  retentionDays: number;
  /** Ends it after the batch that is under way. */
  signal?: AbortSignal;
  /** Milliseconds between two batches. */
  pauseMs?: number;
}

/**
 * Forgets handled messages that are older than the retention, oldest first, in batches, each in a transaction of its own. Any
 * number of processes may prune one database: each takes rows that no other holds, and no unit of work waits for it, except
 * one that is given a message as old as those.
 *
 * A message that is forgotten would be handled again if it came again. What waits in a dead-letter queue is not concerned: it
 * has failed, so its claim was given up (`deleteIds`) or rolled back with its batch, and the inbox never knew it. One that was
 * handled can get there when its ack was lost time and again; redriven within the retention it does nothing.
 *
 * @returns how many were forgotten
 * @throws Error when the database cannot be reached; what was forgotten until then stays forgotten
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
  /** When the last of them was received. */
  upTo: Date | null;
}

async function pruneBatch(pool: Pool, statement: Statement): Promise<Pruned> {
  let pruned: Pruned = { rows: 0, upTo: null };
  // A crash that forgets the forgetting costs nothing.
  await transaction(pool, [needNotReachDisk, statement], ([, result]) => {
    pruned = result!.rows[0] as Pruned;
    return [];
  });
  return pruned;
}

/**
 * Begins where the batch before has ended: from the beginning, each batch would first pass the index entries of all that
 * were deleted since the last vacuum.
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
