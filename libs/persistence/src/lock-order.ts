import type { Collection } from './collection.js';
import type { Tables } from './decision.js';
import type { Log } from './log.js';

export interface OrderedTables {
  /** Collections in locking order. */
  readonly collections: ReadonlyMap<string, Collection>;
  readonly logs: ReadonlyMap<string, Log>;
}

/**
 * Sorts collections by table, so that all units of work, in all processes, lock in the same order: inbox, then table by
 * table, then key by key.
 * @throws Error when a table is listed twice, because its rows would exist in two copies
 */
export function lockOrder(tables: Tables): OrderedTables {
  const entries = Object.entries(tables);
  const collections = entries
    .filter((entry): entry is [string, Collection] => entry[1].kind === 'collection')
    .sort(([, a], [, b]) => (a.table < b.table ? -1 : 1));
  const logs = entries.filter((entry): entry is [string, Log] => entry[1].kind === 'log');
  collections.forEach(([name, { table }], index) => {
    if (collections[index + 1]?.[1].table === table)
      throw new Error(`${name} lists the table ${table} a second time in one unit of work`);
  });
  return { collections: new Map(collections), logs: new Map(logs) };
}
