import { BATCH_SIZE, dueSql, type OverdueState } from '@sluice/service-kit';
import type { FlashSaleConfig } from './config.js';
import type { SalesRepository } from './sales.repository.js';

/** As `pendingTimesOf` in sale.ts; the condition is that of the index. */
const SINCE = "coalesce(waiting_since, CASE state WHEN 'preparing' THEN created_at ELSE closes_at END)";
const UNANSWERED_SALES = `
  SELECT id FROM sales

  WHERE version > 0 AND (state = 'preparing' OR returned > returned_confirmed)
    AND ${dueSql({ since: SINCE, askedAt: `coalesce(asked_at, ${SINCE})` })}
  ORDER BY created_at LIMIT ${BATCH_SIZE}`;

/** `claimKey` in SQL; the condition is that of the index. */
const UNPLACED_WINS = `
  SELECT sale_id || '/' || user_id AS id FROM claims
  WHERE win = 'held' AND address IS NOT NULL AND ${dueSql({ since: 'won_at', askedAt: 'asked_at' })}
  ORDER BY won_at LIMIT ${BATCH_SIZE}`;

/** States of sales and wins that wait for another service, with the rule that sends their request again. */
export function overdue(
  sales: SalesRepository,
  { ALLOTMENT_OVERDUE_SECONDS, WIN_OVERDUE_SECONDS }: FlashSaleConfig,
): OverdueState[] {
  const [saleMs, winMs] = [ALLOTMENT_OVERDUE_SECONDS * 1_000, WIN_OVERDUE_SECONDS * 1_000];
  return [
    {
      found: 'sales without an answer of inventory',
      sql: UNANSWERED_SALES,
      parameters: [saleMs],
      resend: (message, id) => sales.resend(message, id, saleMs),
    },
    {
      found: 'wins without a fact of their orders',
      sql: UNPLACED_WINS,
      parameters: [winMs],
      resend: (message, id) => sales.placeAgain(message, id, winMs),
    },
  ];
}
