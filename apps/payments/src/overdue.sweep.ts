import { BATCH_SIZE, overdueSince, Sweep } from '@sluice/service-kit';
import type { Pool } from 'pg';
import type { PaymentsConfig } from './config.js';
import { payableKeys } from './payable.js';
import type { PayableRepository } from './payable.repository.js';
import { resendCapture, resendRefund } from './resend.js';

/**
 * Gateways keep idempotency keys for at least a day (Stripe: 24 h). Later the same key could charge the card again,
 * so an operator must check first; the audit reports the capture.
 */
const KEY_KEPT_FOR = "interval '24 hours'";

/**
 * Repeats requests whose message was lost with a broker's data, or discarded with the dead letters: found by their
 * state.
 */
export function overdueSweep(pool: Pool, payables: PayableRepository, { ASK_AGAIN_SECONDS }: PaymentsConfig): Sweep {
  const afterMs = ASK_AGAIN_SECONDS * 1_000;
  return new Sweep('payments', afterMs / 4, pool, [
    {
      found: 'captures had no outcome for too long: the card gateway is called again',
      sql: `
        SELECT payables.order_id AS id FROM payables JOIN captures ON captures.id = payables.capture_id
        WHERE payables.status IN ('capturing', 'voiding') AND captures.status = 'pending'
          AND requested_at > now() - ${KEY_KEPT_FOR}
          AND ${overdueSince({ firstRequest: 'requested_at', lastRequest: 'capturing_since' })}
        ORDER BY capturing_since LIMIT ${BATCH_SIZE}`,
      parameters: [ASK_AGAIN_SECONDS],
      resend: (message, orderId) =>
        payables.change(message, payableKeys({ orderId }), (state, now) =>
          resendCapture(state, { orderId, afterMs }, now),
        ),
    },
    {
      found: 'refunds were not done for too long: the card gateway is called again',
      sql: `
        SELECT order_id AS id FROM payables
        WHERE status = 'refunding' AND refund_refusal IS NULL
          AND ${overdueSince({
            firstRequest: 'coalesce(refunding_since, capturing_since)',
            lastRequest: 'coalesce(refund_asked_at, capturing_since)',
          })}
        ORDER BY refund_asked_at NULLS FIRST LIMIT ${BATCH_SIZE}`,
      parameters: [ASK_AGAIN_SECONDS],
      resend: (message, orderId) =>
        payables.change(message, payableKeys({ orderId }), (state, now) =>
          resendRefund(state, { orderId, afterMs }, now),
        ),
    },
  ]);
}
