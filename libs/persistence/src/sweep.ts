import type { Publisher } from '@sluice/messaging';
import type { Pool } from 'pg';
import { deleteRows, needNotReachDisk, takeLeftovers, type OutboxRow, type SweepPosition } from './outbox.js';
import { connect, together } from './transaction.js';

/** Rows that one transaction holds while it publishes them: enough to fill the publisher's window, few enough to be quick. */
const PAGE = 200;
/** Far below the time after which PostgreSQL ends an idle transaction (see pool.ts), which would let another sweep repeat the page. */
const PAGE_DEADLINE_MS = 10_000;
const START: SweepPosition = { createdAt: new Date(0), id: '00000000-0000-0000-0000-000000000000' };

type Leftover = OutboxRow & SweepPosition;

export interface Swept {
  published: number;
  /** Not taken by the broker: they stay for the next sweep. */
  refused: number;
  /** Why the first of those was refused. */
  reason?: unknown;
}

/**
 * Publishes what has stayed in the outbox longer than `olderThanMs`: left by a crash, by an outage, by a full memory.
 * Any number of sweeps may run side by side; each takes rows that no other holds.
 * @param inMemory ids of the messages that this process publishes from memory: however old they are, they are not leftovers
 */
export async function sweep(
  pool: Pool,
  publisher: Publisher,
  olderThanMs: number,
  shouldContinue: () => boolean,
  inMemory: () => readonly string[] = () => [],
): Promise<Swept> {
  const total: Swept = { published: 0, refused: 0 };
  let position: SweepPosition | undefined = START;
  while (position && publisher.ready && shouldContinue())
    position = await sweepPage(pool, publisher, takeLeftovers(olderThanMs, position, PAGE, inMemory()), total);
  return total;
}

/** @returns where the next page begins; undefined after the last one */
async function sweepPage(
  pool: Pool,
  publisher: Publisher,
  take: ReturnType<typeof takeLeftovers>,
  total: Swept,
): Promise<SweepPosition | undefined> {
  const client = await connect(pool);
  try {
    const [, , leftovers] = await together(client, [{ text: 'BEGIN' }, needNotReachDisk, take]);
    const rows = leftovers!.rows as Leftover[];
    const confirmed = await publishAll(publisher, rows, total);
    await together(client, [deleteRows(confirmed), { text: 'COMMIT' }]);
    client.release();
    return rows.length < PAGE ? undefined : rows.at(-1);
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function publishAll(publisher: Publisher, rows: Leftover[], total: Swept): Promise<string[]> {
  const results = await Promise.allSettled(
    rows.map(({ wire }) => publisher.publish(wire, { whenDown: 'fail', deadlineMs: PAGE_DEADLINE_MS })),
  );
  const confirmed = rows.filter((_, index) => results[index]!.status === 'fulfilled').map(({ id }) => id);
  total.published += confirmed.length;
  total.refused += rows.length - confirmed.length;
  total.reason ??= results.find((result) => result.status === 'rejected')?.reason;
  return confirmed;
}
