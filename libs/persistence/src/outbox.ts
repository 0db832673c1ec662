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
 * Position after which a sweep continues: each row is tried once per sweep, so refused rows do not block later ones.
 */
export interface SweepPosition {
  readonly createdAt: Date;
  readonly id: string;
}

/**
 * Locks and returns leftovers, oldest first, skipping rows that another sweep holds.
 * @param except ids of messages that are already being published
 */
export const takeLeftovers = (
  olderThanMs: number,
  after: SweepPosition,
  limit: number,
  except: readonly string[],
): Statement =>
  prepared(
    `SELECT id, wire, created_at AS "createdAt" FROM outbox
     WHERE created_at < now() - $1 * interval '1 millisecond' AND (created_at, id) > ($2::timestamptz, $3::uuid)
       AND id <> ALL($5::uuid[])
     ORDER BY created_at, id LIMIT $4 FOR UPDATE SKIP LOCKED`,
    [olderThanMs, after.createdAt, after.id, limit, except],
  );
