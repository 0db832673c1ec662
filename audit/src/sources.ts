// @ts-nocheck
/** What is announced to people of an order's facts, and how. Said here once more: an auditor does not ask whom he audits. */
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

const oneOf = (types) => `type IN (${types.map((type) => `'${type}'`).join(', ')})`;

/**
 * What each service knows of an order: one row for each, in the order of their ids. `counts` says what the rows are.
 * @type {readonly { name: string, service: string, counts: string, sql: string }[]}
 */
export const SOURCES = [
  {
    name: 'order',
    service: 'orders',
    counts: 'orders',
    sql: `
      SELECT id::text, status, total::float8, coupon IS NOT NULL AS "hasCoupon", flash_sale_id::text AS "saleId",
        (SELECT count(DISTINCT pick->>'warehouse') FROM jsonb_array_elements(allocation) AS pick)::int AS warehouses
      FROM orders WHERE version > 0 AND placed_at IS NOT NULL ORDER BY orders.id`,
  },
  {
    name: 'facts',
    service: 'orders',
    counts: 'histories',
    sql: `
      SELECT order_id::text AS id, count(*) FILTER (WHERE ${oneOf(BY_SMS)})::int AS sms, count(*) FILTER (WHERE ${oneOf(BY_INBOX)})::int AS inbox
      FROM order_history GROUP BY order_id ORDER BY order_id`,
  },
  {
    name: 'money',
    service: 'payments',
    counts: 'charged orders',
    sql: `
      SELECT order_id::text AS id, (coalesce(sum(amount) FILTER (WHERE status IN ('captured', 'refunded')), 0) - coalesce(sum(amount) FILTER (WHERE status = 'refunded'), 0))::float8 AS net
      FROM captures WHERE version > 0 GROUP BY order_id ORDER BY order_id`,
  },
  {
    name: 'reservation',
    service: 'inventory',
    counts: 'reservations',
    sql: `
      SELECT order_id::text AS id, status = 'held' AND
        (SELECT coalesce(sum((pick->>'quantity')::int), 0) FROM jsonb_array_elements(allocation) AS pick) >
        (SELECT coalesce(sum((pick->>'quantity')::int), 0) FROM jsonb_array_elements(parcels) AS parcel, jsonb_array_elements(parcel->'allocation') AS pick) AS holds
      FROM reservations WHERE version > 0 ORDER BY order_id`,
  },
  {
    name: 'parcels',
    service: 'logistics',
    counts: 'orders with parcels',
    sql: `
      SELECT order_id::text AS id, count(*)::int AS made, count(*) FILTER (WHERE status = 'halted')::int AS halted,
        count(*) FILTER (WHERE status IN ('dispatched', 'delivered'))::int AS gone, count(*) FILTER (WHERE status = 'delivered')::int AS delivered
      FROM parcels WHERE version > 0 GROUP BY order_id ORDER BY order_id`,
  },
  {
    name: 'redemption',
    service: 'promotions',
    counts: 'redemptions',
    sql: `SELECT order_id::text AS id, status = 'redeemed' AS redeemed FROM redemptions WHERE version > 0 ORDER BY order_id`,
  },
  {
    name: 'earning',
    service: 'promotions',
    counts: 'earnings',
    sql: 'SELECT order_id::text AS id, points::float8 FROM points_earnings WHERE version > 0 ORDER BY order_id',
  },
  {
    name: 'win',
    service: 'flash-sale',
    counts: 'wins',
    sql: `
      SELECT order_id::text AS id, min(sale_id::text) AS "saleId", min(win) AS state
      FROM claims WHERE win IS NOT NULL GROUP BY order_id ORDER BY order_id`,
  },
  {
    name: 'told',
    service: 'notifications',
    counts: 'orders that people heard of',
    sql: `
      SELECT about::text AS id, count(*) FILTER (WHERE channel = 'sms')::int AS sms, count(*) FILTER (WHERE channel = 'inbox')::int AS inbox FROM (
        SELECT substr(about, 8)::uuid AS about, channel FROM deliveries WHERE version > 0 AND about LIKE 'orders/%'
        UNION ALL
        SELECT substr(notice->>'about', 8)::uuid, 'sms' FROM recipients, jsonb_array_elements(waiting) AS notice WHERE notice->>'about' LIKE 'orders/%'
      ) AS notices GROUP BY notices.about ORDER BY notices.about`,
  },
];
