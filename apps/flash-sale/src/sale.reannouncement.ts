import { BEFORE_ALL, Reannouncement, selected } from '@sluice/service-kit';
import type { Pool } from 'pg';
import { claimKeys, placeAgain } from './claim.js';
import { resend, saleKeys } from './sale.js';
import type { SaleRepository } from './sale.repository.js';

const UNANSWERED = `
  SELECT id::text FROM sales WHERE id > $1::uuid AND version > 0 AND $3::text IS NOT NULL
    AND (state = 'preparing' OR returned > returned_confirmed)
  ORDER BY sales.id LIMIT $2`;
const HELD = `
  SELECT sale_id || '/' || user_id AS id FROM claims
  WHERE win = 'held' AND address IS NOT NULL AND sale_id || '/' || user_id > $1 AND $3::text IS NOT NULL
  ORDER BY 1 LIMIT $2`;

/** Requests whose messages may be lost: the sweep would find them later (`overdue.sweep.ts`). */
export const saleReannouncement = (pool: Pool, sales: SaleRepository): Reannouncement =>
  new Reannouncement(
    {
      what: 'sales that wait for inventory',
      rows: selected(pool, UNANSWERED, BEFORE_ALL),
      announce: (message, { id: saleId }) =>
        sales.change(message, saleKeys({ saleId }), (state, now) => resend(state, { saleId }, 0, now)),
    },
    {
      what: 'wins that wait for their payment',
      rows: selected(pool, HELD, ''),
      announce: (message, { id }) => {
        const [saleId = '', userId = ''] = id.split('/');
        const win = { saleId, userId };
        return sales.change(message, claimKeys(win), (state, now) => placeAgain(state, win, 0, now));
      },
    },
  );
