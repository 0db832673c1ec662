import { batchOf, groupsForBatches } from '@sluice/messaging';
import { newId } from './ids.js';
import type { OutboxRow } from './outbox.js';

/** The rows to store and to publish: facts of one type become one row; a single one stays as it is. */
export const inBatches = (rows: readonly OutboxRow[]): OutboxRow[] =>
  groupsForBatches(rows).map((group) => (group.length === 1 ? group[0]! : joined(group)));

function joined(group: readonly OutboxRow[]): OutboxRow {
  const id = newId();
  return {
    id,
    wire: batchOf(
      group.map(({ wire }) => wire),
      id,
    ),
  };
}
