import { BATCH_SIZE, dueSql, type OverdueState } from '@sluice/service-kit';
import type { NotificationsRepository } from './notifications.repository.js';
import type { Patience } from './texts.js';

/** Not tried for so long ($1), by the index; only these can be due. */
const QUIET = "asked_at <= now() - $1 * interval '1 millisecond'";
/** As `resend` in texts.ts; $2 is the horizon. */
const DUE = `(${dueSql({ since: 'created_at', askedAt: 'asked_at' })} OR created_at <= now() - $2 * interval '1 millisecond')`;

/** Texts that have their outcome are deleted here, in one statement for many; the others that are overdue are asked for again. */
const UNSENT = `
  WITH done AS (
    DELETE FROM texts WHERE id = ANY(ARRAY(
      SELECT texts.id FROM texts JOIN deliveries USING (id) WHERE ${QUIET.replace('asked_at', 'texts.asked_at')} AND deliveries.version > 0 FOR UPDATE OF texts SKIP LOCKED
    ))
  )
  SELECT id FROM texts WHERE ${QUIET} AND ${DUE} AND version > 0
    AND NOT EXISTS (SELECT FROM deliveries WHERE deliveries.id = texts.id AND deliveries.version > 0)
  ORDER BY asked_at LIMIT ${BATCH_SIZE}`;

/** What people wait for, and how it is asked for again. */
export const overdue = (notifications: NotificationsRepository, patience: Patience): OverdueState[] => [
  {
    found: 'texts without an outcome',
    sql: UNSENT,
    parameters: [patience.overdueMs, patience.horizonMs],
    resend: (message, id) => notifications.resend(message, id, patience),
  },
];
