import type { Sale as SaleView } from '@sluice/contracts';
import type { Sale } from './tables.js';

/** The sale as the others see it. */
export function saleView({ id, sku, amount, currency, state, quantity, remaining, held, sold, round, opensAt, closesAt, payWithinSeconds, version }: Sale): SaleView {
  const times = { opensAt: opensAt.toISOString(), closesAt: closesAt.toISOString() };
  return { id, sku, price: { amount, currency }, state, quantity, remaining, held, sold, round, ...times, payWithinSeconds, version };
}
