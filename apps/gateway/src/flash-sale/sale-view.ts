import { Sale } from '@sluice/contracts';
import { z } from 'zod';
import { stateAt } from './sale-state.js';

/** Public view of a sale. */
export const SaleView = Sale.omit({ version: true }).extend({
  state: z.enum(['scheduled', 'open', 'sold-out', 'closed']),
});
export type SaleView = z.output<typeof SaleView>;

/** View of a sale that flash-sale has just returned; throws for a hidden one. */
export const viewOf = (sale: Sale): SaleView => SaleView.parse(sale);

/** View of a cached sale, with its state at `now`. @param now ms since the epoch */
export const viewAt = (sale: Sale, now: number): SaleView => viewOf({ ...sale, state: stateAt(sale, now) });
