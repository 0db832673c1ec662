import { Sale } from '@sluice/contracts';
import { z } from 'zod';
import { stateAt } from './sale-state.js';

/** A sale as everybody may see it. */
export const SaleView = Sale.omit({ version: true }).extend({
  state: z.enum(['scheduled', 'open', 'sold-out', 'closed']),
});
export type SaleView = z.output<typeof SaleView>;

/** As flash-sale has just told it; only of a sale that may be seen. */
export const viewOf = (sale: Sale): SaleView => SaleView.parse(sale);

/** As the clock has made it since it was told. @param now ms since the epoch */
export const viewAt = (sale: Sale, now: number): SaleView => viewOf({ ...sale, state: stateAt(sale, now) });
