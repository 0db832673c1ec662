import type { WireMessage } from '@sluice/messaging';
import { prepared, type Statement } from './transaction.js';

/** A message that is committed and not yet confirmed by the broker. */
export interface OutboxRow {
  readonly id: string;
  readonly wire: WireMessage;
}

export const insertRows = (rows: readonly OutboxRow[]): Statement =>
  prepared(
    'INSERT INTO outbox (id, wire) SELECT id, wire FROM jsonb_to_recordset($1::jsonb) AS row (id uuid, wire jsonb)',
    [JSON.stringify(rows)],
  );

/** Use in a transaction with `needNotReachDisk`. */
export const deleteRows = (ids: string[]): Statement =>
  prepared('DELETE FROM outbox WHERE id = ANY($1::uuid[])', [ids]);

/**
 * Does not wait until the commit is on disk. A delete that is lost in a crash of the server only causes a duplicate,
 * which the receiver's inbox ignores.
 */
export const needNotReachDisk: Statement = { text: 'SET LOCAL synchronous_commit = off' };

/**
 * Locks and returns leftovers, oldest first, skipping rows that another sweep holds. Ids grow with time, so their order
 * is that of the messages.
 * @param after id after which the sweep continues: each row is tried once per sweep, so refused rows do not block
 *   later ones
 * @param except ids of messages that are already being published
 */
export const takeLeftovers = (
  olderThanMs: number,
  after: string,
  limit: number,
  except: readonly string[],
): Statement =>
  prepared(
    `SELECT id, wire FROM outbox
     WHERE created_at < now() - $1 * interval '1 millisecond' AND id > $2::uuid AND id <> ALL($4::uuid[])
     ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED`,
    [olderThanMs, after, limit, except],
  );
