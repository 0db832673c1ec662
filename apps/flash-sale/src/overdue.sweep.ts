import { BATCH_SIZE, dueSql, Sweep } from '@sluice/service-kit';
import type { Pool } from 'pg';
import { claimKeys, placeAgain } from './claim.js';
import type { FlashSaleConfig } from './config.js';
import { resend, saleKeys } from './sale.js';
import type { SaleRepository } from './sale.repository.js';

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

/** Finds sales and wins that wait for another service for too long, and sends their requests again. */
export function overdueSweep(pool: Pool, sales: SaleRepository, config: FlashSaleConfig): Sweep {
  const [saleMs, winMs] = [config.ALLOTMENT_OVERDUE_SECONDS * 1_000, config.WIN_OVERDUE_SECONDS * 1_000];
  return new Sweep('overdue', config.OVERDUE_SWEEP_MS, pool, [
    {
      found: 'sales without an answer of inventory',
      sql: UNANSWERED_SALES,
      parameters: [saleMs],
      resend: (message, saleId) =>
        sales.change(message, saleKeys({ saleId }), (state, now) => resend(state, { saleId }, saleMs, now)),
    },
    {
      found: 'wins without a fact of their orders',
      sql: UNPLACED_WINS,
      parameters: [winMs],
      resend: (message, key) => {
        const [saleId, userId] = key.split('/') as [string, string];
        const win = { saleId, userId };
        return sales.change(message, claimKeys(win), (state, now) => placeAgain(state, win, winMs, now));
      },
    },
  ]);
}
