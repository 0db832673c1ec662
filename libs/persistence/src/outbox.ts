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

/** In a transaction with `needNotReachDisk`. */
export const deleteRows = (ids: string[]): Statement =>
  prepared('DELETE FROM outbox WHERE id = ANY($1::uuid[])', [ids]);

/** A delete that a crash of the server forgets costs a duplicate, which the receiver's inbox swallows: nobody need wait for the disk. */
export const needNotReachDisk: Statement = { text: 'SET LOCAL synchronous_commit = off' };

/** Where a sweep goes on: rows that stay unpublished are passed once per sweep and do not hold up those behind them. */
export interface SweepPosition {
  readonly createdAt: Date;
  readonly id: string;
}

/** Takes leftovers, oldest first, that no other sweep holds. @param except ids of messages that somebody publishes already */
export const takeLeftovers = (
  olderThanMs: number,
  after: SweepPosition,
  limit: number,
  except: readonly string[],
): Statement =>
  prepared(
    `SELECT id, wire, created_at AS "createdAt" FROM outbox
     WHERE created_at < now() - $1 * interval '1 millisecond' AND (created_at, id) > ($2::timestamptz, $3::uuid) AND id <> ALL($5::uuid[])
     ORDER BY created_at, id LIMIT $4 FOR UPDATE SKIP LOCKED`,
    [olderThanMs, after.createdAt, after.id, limit, except],
  );
