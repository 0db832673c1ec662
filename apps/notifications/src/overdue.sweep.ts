import { BATCH_SIZE, dueSql, Sweep } from '@sluice/service-kit';
import type { Pool } from 'pg';
import type { NotificationsConfig } from './config.js';
import type { NotificationRepository } from './notification.repository.js';
import { resend, type ResendPolicy } from './text.js';
import { RELEASABLE, type WaitingTexts } from './waiting-texts.sweep.js';

/** Time limit of retries in a queue that calls an outside service, where OUTSIDE_FOR_SECONDS has no entry. */
const A_DAY_SECONDS = 86_400;

/** Queues in which a text is retried. */
const CHANNELS = ['sms', 'email'];

/** No try for $1 ms, found by the index; only these texts can be due. */
const QUIET = "asked_at <= now() - $1 * interval '1 millisecond'";
/** The same condition as `resend` in text.ts; $2 is the horizon in ms. */
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

type Settings = NotificationsConfig & { OUTSIDE_FOR_SECONDS: Readonly<Record<string, number>> };

/** Finds texts without an outcome for too long and sends them again, and texts that no longer need to wait. */
export function overdueSweep(
  pool: Pool,
  notifications: NotificationRepository,
  waiting: WaitingTexts,
  settings: Settings,
): Sweep {
  const policy = policyOf(settings);
  return new Sweep('texts', settings.TEXT_SWEEP_MS, pool, [
    {
      found: 'texts without an outcome',
      sql: UNSENT,
      parameters: [policy.overdueMs, policy.horizonMs],
      resend: (message, id) =>
        notifications.change(message, { deliveries: [id], texts: [id] }, (state, now) =>
          resend(state, id, policy, now),
        ),
    },
    {
      found: 'people whose texts still wait for their number',
      sql: RELEASABLE,
      resend: (message, userId) => waiting.release(message, userId),
    },
  ]);
}

const policyOf = ({ TEXT_OVERDUE_SECONDS, OUTSIDE_FOR_SECONDS }: Settings): ResendPolicy => ({
  overdueMs: TEXT_OVERDUE_SECONDS * 1_000,
  horizonMs: Math.max(...CHANNELS.map((channel) => OUTSIDE_FOR_SECONDS[channel] ?? A_DAY_SECONDS)) * 1_000,
});

/**
 * Records a failed try: the message is not lost, and its next try follows within `retryWithinMs`, so the sweep does
 * not send the text again until then.
 */
export async function postponeResend(pool: Pool, id: string, retryWithinMs: number): Promise<void> {
  await pool.query(`UPDATE texts SET asked_at = now() + $2 * interval '1 millisecond' WHERE id = $1`, [
    id,
    retryWithinMs,
  ]);
}
