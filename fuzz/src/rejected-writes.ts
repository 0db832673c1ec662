import { setTimeout as sleep } from 'node:timers/promises';
import { concurrently, type CheckedClient } from './checked-client.js';
import type { FuzzRequest } from './request.js';
import { changesBetween, type Checksums } from './table-checksums.js';

const AT_ONCE = 12;

/** @param look returns what the databases hold, by table, once nothing changes */
interface Parts {
  readonly client: CheckedClient;
  readonly look: () => Promise<Checksums>;
}

/**
 * Sends requests that must be refused, while nothing else is sent, and finds those that changed the databases. Payment
 * windows and sales end by themselves: a request wrote only what changes whenever it is sent, and not otherwise.
 */
export async function findRejectedWrites(parts: Parts, requests: readonly FuzzRequest[]): Promise<void> {
  const batch = requests.filter(({ expects }) => expects);
  if ((await changesBy(parts, batch)).length > 0) await findWriters(parts, batch);
}

/** Halves the batch until one request is left. */
async function findWriters(parts: Parts, batch: readonly FuzzRequest[]): Promise<void> {
  const [first, ...more] = batch;
  const changes = await changesBy(parts, batch);
  if (!first || changes.length === 0) return;
  if (more.length === 0) return parts.client.fault(first, `refused, and has written: ${changes.join('; ')}`);
  const middle = Math.ceil(batch.length / 2);
  await findWriters(parts, batch.slice(0, middle));
  await findWriters(parts, batch.slice(middle));
}

/** The tables that change while the batch is sent, and not in the same time when nothing is sent. */
async function changesBy({ client, look }: Parts, batch: readonly FuzzRequest[]): Promise<string[]> {
  const begun = Date.now();
  const before = await look();
  const sends = batch.map((request) => () => client.send(request));
  await concurrently(sends, { atOnce: AT_ONCE });
  const after = await look();
  const changes = changesBetween(before, after);
  if (changes.length === 0) return [];
  await sleep(Date.now() - begun);
  const changing = changesBetween(after, await look()).map(tableOf);
  return changes.filter((change) => !changing.includes(tableOf(change)));
}

const tableOf = (change: string): string => change.slice(0, change.indexOf(':'));
