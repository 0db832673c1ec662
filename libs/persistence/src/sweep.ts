import { factsIn, type Publisher } from '@sluice/messaging';
import type { Pool } from 'pg';
import { deleteRows, needNotReachDisk, takeLeftovers, type OutboxRow } from './outbox.js';
import { connect, together } from './transaction.js';

/** Rows that one transaction locks while publishing: enough to fill the publisher's window, few enough to be fast. */
const PAGE = 200;
/** Far below the idle-in-transaction timeout (see pool.ts), after which another sweep would publish the page again. */
const PAGE_DEADLINE_MS = 10_000;
/** Less than every id. */
const START = '00000000-0000-0000-0000-000000000000';

export interface Swept {
  /** Number of messages; each fact of a batch counts. */
  published: number;
  /** Number of messages that the broker refused; they stay for the next sweep. */
  refused: number;
  /** Reason of the first refusal. */
  reason?: unknown;
}

/**
 * Publishes messages that are in the outbox for longer than `olderThanMs`: after a crash, an outage, or when the limit
 * in memory was reached. Any number of sweeps may run concurrently; each skips rows that another holds.
 * @param inMemory ids that this process is publishing from memory; never swept, whatever their age
 */
export async function sweep(
  pool: Pool,
  publisher: Publisher,
  olderThanMs: number,
  shouldContinue: () => boolean,
  inMemory: () => readonly string[] = () => [],
): Promise<Swept> {
  const total: Swept = { published: 0, refused: 0 };
  let position: string | undefined = START;
  while (position && publisher.ready && shouldContinue())
    position = await sweepPage(pool, publisher, takeLeftovers(olderThanMs, position, PAGE, inMemory()), total);
  return total;
}

/** @returns the id after which the next page begins; undefined after the last page */
async function sweepPage(
  pool: Pool,
  publisher: Publisher,
  take: ReturnType<typeof takeLeftovers>,
  total: Swept,
): Promise<string | undefined> {
  const client = await connect(pool);
  try {
    const [, , leftovers] = await together(client, [{ text: 'BEGIN' }, needNotReachDisk, take]);
    const rows = leftovers!.rows as OutboxRow[];
    const confirmed = await publishAll(publisher, rows, total);
    await together(client, [deleteRows(confirmed), { text: 'COMMIT' }]);
    client.release();
    return rows.length < PAGE ? undefined : rows.at(-1)!.id;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function publishAll(publisher: Publisher, rows: OutboxRow[], total: Swept): Promise<string[]> {
  const results = await Promise.allSettled(
    rows.map(({ wire }) => publisher.publish(wire, { whenDown: 'fail', deadlineMs: PAGE_DEADLINE_MS })),
  );
  const confirmed = rows.filter((_, index) => results[index]!.status === 'fulfilled');
  total.published += factsOfAll(confirmed);
  total.refused += factsOfAll(rows) - factsOfAll(confirmed);
  total.reason ??= results.find((result) => result.status === 'rejected')?.reason;
  return confirmed.map(({ id }) => id);
}

const factsOfAll = (rows: readonly OutboxRow[]): number => rows.reduce((sum, { wire }) => sum + factsIn(wire), 0);
