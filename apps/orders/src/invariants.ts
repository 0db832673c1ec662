import type { Invariant } from '@sluice/service-kit';

/** Timers, retries and the sweep have all run by then. */
const GRACE = "interval '1 minute'";

/** Seconds. Exported from here because the audit reads a shop's settings only when they differ from the usual ones. */
export const USUAL_DEADLINE_SECONDS = 7_200;

/** As `VERDICT_WITHIN_MS` in deadline.ts. Duplicated on purpose: the image that audits contains this file alone. */
const VERDICT = "interval '5 minutes'";

/**
 * Logistics replies within seconds, and the request is repeated every minute. An outage of a provider has no effect
 * on it.
 */
const LOGISTICS_ANSWERS = "interval '15 minutes'";

/** Invariants cheap enough for every scrape: no order waits for ever, and every refusal has a reason. */
export const invariantsOf = ({
  ORDER_DEADLINE_SECONDS = USUAL_DEADLINE_SECONDS,
}: {
  ORDER_DEADLINE_SECONDS?: number;
}): readonly Invariant[] => [
  {
    name: 'unpaid_orders_within_window',

    sql: `SELECT id FROM orders WHERE status = 'awaiting_payment'
      AND pay_by < now() - ${VERDICT} - ${GRACE}`,
  },
  {
    name: 'pending_orders_within_deadline',

    sql: `SELECT id FROM orders WHERE status = 'pending'
      AND placed_at < now() - interval '${ORDER_DEADLINE_SECONDS} seconds' - ${GRACE}`,
  },
  {
    name: 'cancellations_answered',
    sql: `
      SELECT orders.id FROM orders JOIN order_history AS request
        ON request.order_id = orders.id AND request.type = 'order.cancellation_requested'
      WHERE orders.status = 'paid' AND cancellation_requested_at IS NOT NULL
      GROUP BY orders.id HAVING max(request.at) < now() - ${LOGISTICS_ANSWERS}`,
  },
  {
    name: 'refusals_say_why',
    sql: `
      SELECT id FROM orders WHERE placed_at IS NULL AND version > 0 AND (
        recorded_at IS NULL OR user_id IS NULL OR (
          status = 'cancelled' AND reason = 'customer' AND num_nonnulls(body_hash, lines, refusal) = 0

          OR status = 'rejected' AND reason IN ('unknown_product', 'not_orderable')
            AND num_nulls(body_hash, lines, refusal) = 0
        ) IS NOT TRUE
      )`,
  },
];

/**
 * Steps between statuses that the history may contain. A free order becomes paid without having awaited its payment.
 */
const LEGAL_STEPS = `
  ('pending', 'awaiting_payment'), ('awaiting_payment', 'paid'), ('paid', 'shipped'), ('shipped', 'completed'),
  ('pending', 'rejected'), ('pending', 'cancelled'), ('awaiting_payment', 'cancelled'), ('paid', 'cancelled')`;

/** Invariants that read all orders or the whole history: for `npm run audit`, not for every scrape. */
export const AUDITED: readonly Invariant[] = [
  {
    // Logistics creates them within seconds. An `order.paid` that it could not handle is a dead letter.
    name: 'paid_orders_get_parcels',
    sql: `SELECT id FROM orders WHERE status = 'paid' AND parcels = '[]' AND paid_at < now() - ${LOGISTICS_ANSWERS}`,
  },
  {
    name: 'orders_are_as_their_history_says',
    sql: `
      SELECT orders.id FROM orders LEFT JOIN (
        SELECT order_id AS id, count(*) AS entries, max(version) AS latest,
          (array_agg(status ORDER BY version DESC))[1] AS status
        FROM order_history GROUP BY 1
      ) AS history USING (id)
      WHERE version > 0 AND placed_at IS NOT NULL AND (entries IS DISTINCT FROM version
        OR latest IS DISTINCT FROM version OR history.status IS DISTINCT FROM orders.status)`,
  },
  {
    name: 'orders_take_legal_steps',
    sql: `
      SELECT DISTINCT order_id AS id FROM (

        SELECT order_id, status, lag(status, 1, 'pending') OVER (PARTITION BY order_id ORDER BY version) AS before
        FROM order_history
      ) AS steps WHERE before <> status AND (before, status) NOT IN (${LEGAL_STEPS})
        AND NOT ((before, status) = ('pending', 'paid') AND EXISTS (SELECT FROM orders WHERE id = order_id AND total = 0))`,
  },
  {
    name: 'facts_told_once',

    sql: `SELECT order_id AS id FROM order_history
      WHERE type LIKE 'order.%' AND type NOT LIKE 'order.cancellation%'
      GROUP BY order_id, type HAVING count(*) > 1`,
  },
];

/** Facts announced to customers. Duplicated on purpose: the audit must not reuse the code of apps/notifications. */
const BY_SMS = [
  'order.awaiting_payment',
  'order.paid',
  'order.shipped',
  'order.rejected',
  'order.cancelled',
  'order.cancellation_refused',
  'order.paid_too_late',
  'payment.refunded',
];
const BY_INBOX = [...BY_SMS, 'order.completed'];

const isOneOf = (types: readonly string[]): string => `type IN (${types.map((type) => `'${type}'`).join(', ')})`;

/**
 * Records of this service per order, one row each, by ascending id. `npm run audit` compares them across services
 * (audit/src/rules.ts).
 */
export const ORDER_ROWS = [
  {
    name: 'order',
    counts: 'orders',
    sql: `
      SELECT id::text, status, total::float8, coupon IS NOT NULL AS "hasCoupon", flash_sale_id::text AS "saleId",
        (SELECT count(DISTINCT pick->>'warehouse') FROM jsonb_array_elements(allocation) AS pick)::int AS warehouses
      FROM orders WHERE version > 0 AND placed_at IS NOT NULL ORDER BY orders.id`,
  },
  {
    name: 'facts',
    counts: 'histories',
    sql: `
      SELECT order_id::text AS id, count(*) FILTER (WHERE ${isOneOf(BY_SMS)})::int AS sms,
        count(*) FILTER (WHERE ${isOneOf(BY_INBOX)})::int AS inbox
      FROM order_history GROUP BY order_id ORDER BY order_id`,
  },
];
