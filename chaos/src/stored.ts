// @ts-nocheck
import { Queues } from '@sluice/audit/queues';
import { queryRows } from '@sluice/stack/databases/query-rows';

const ORDERS = `SELECT id::text, user_id::text AS "userId", status, reason, flash_sale_id::text AS "saleId" FROM orders WHERE version > 0 AND placed_at IS NOT NULL`;
const MONEY = `
  SELECT order_id::text AS "orderId", (count(*) FILTER (WHERE status IN ('captured', 'refunded')))::int AS taken, (count(*) FILTER (WHERE status = 'captured'))::int AS kept
  FROM captures WHERE version > 0 GROUP BY order_id`;

/** @param {Record<string, string>} databases by service @returns {Promise<import('./judge.js').Stored>} */
export async function storedIn({ orders, payments }) {
  return { orders: await queryRows(orders, ORDERS), money: await queryRows(payments, MONEY) };
}

const CAPTURES = `SELECT id::text, order_id::text AS "orderId", status, gateway_reference AS reference FROM captures WHERE version > 0`;
const TEXTS = `SELECT id::text, status FROM deliveries WHERE version > 0 AND channel = 'sms' AND status <> 'withheld'`;

/** @param {Record<string, string>} databases by service @returns {Promise<import('./long/provider-judge.js').Kept>} */
export async function keptOfProviders({ payments, notifications }) {
  return { captures: await queryRows(payments, CAPTURES), texts: await queryRows(notifications, TEXTS) };
}

/** @param {{ url: string, managementUrl?: string }} broker @returns {Promise<Record<string, number>>} dead letters, by queue */
export async function deadIn(broker) {
  const queues = await Queues.open(broker);
  try {
    return (await queues.depths()).dead;
  } finally {
    await queues.close();
  }
}

/** Writes down what is only in the log of the server. @param {Record<string, string>} databases as an administrator */
export const checkpoint = ({ orders }) => queryRows(orders, 'CHECKPOINT');
