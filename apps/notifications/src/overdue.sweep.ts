import { BATCH_SIZE, dueSql, type OverdueState } from '@sluice/service-kit';
import type { NotificationsRepository } from './notifications.repository.js';
import type { ResendPolicy } from './texts.js';

/** No try for $1 ms, found by the index; only these texts can be due. */
const QUIET = "asked_at <= now() - $1 * interval '1 millisecond'";
/** The same condition as `resend` in texts.ts; $2 is the horizon in ms. */

const DUE = `(${dueSql({ since: 'created_at', askedAt: 'asked_at' })}
  OR created_at <= now() - $2 * interval '1 millisecond')`;

/** Deletes texts that have their outcome, many in one statement, and finds the overdue ones to send again. */
const UNSENT = `
  WITH done AS (
    DELETE FROM texts WHERE id = ANY(ARRAY(

      SELECT texts.id FROM texts JOIN deliveries USING (id)
      WHERE ${QUIET.replace('asked_at', 'texts.asked_at')} AND deliveries.version > 0 FOR UPDATE OF texts SKIP LOCKED
    ))
  )
  SELECT id FROM texts WHERE ${QUIET} AND ${DUE} AND version > 0
    AND NOT EXISTS (SELECT FROM deliveries WHERE deliveries.id = texts.id AND deliveries.version > 0)
  ORDER BY asked_at LIMIT ${BATCH_SIZE}`;

/** Texts without an outcome, with the rule that sends them again. */
export const overdue = (notifications: NotificationsRepository, policy: ResendPolicy): OverdueState[] => [
  {
    found: 'texts without an outcome',
    sql: UNSENT,
    parameters: [policy.overdueMs, policy.horizonMs],
    resend: (message, id) => notifications.resend(message, id, policy),
  },
];
