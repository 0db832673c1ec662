import type { Sale as SaleView } from '@sluice/contracts';
import type { Sale } from './tables.js';

/** The public view of a sale. */
export function saleView(sale: Sale): SaleView {
  const { id, sku, amount, currency, state, quantity, remaining, held, sold, round, payWithinSeconds, version } = sale;
  const pieces = { quantity, remaining, held, sold };
  return { id, sku, price: { amount, currency }, state, ...pieces, round, ...times(sale), payWithinSeconds, version };
}

const times = ({ opensAt, closesAt, closedAt }: Sale) => ({
  opensAt: opensAt.toISOString(),
  closesAt: closesAt.toISOString(),
  ...(closedAt && { closedAt: closedAt.toISOString() }),
});
