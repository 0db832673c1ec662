import type { Sale, SaleState } from '@sluice/contracts';

/** Decision on a new claim by the state of its sale. `round`: the round that the ticket is for. */
export type Admission = { is: 'open'; round: number } | { is: 'early' } | { is: 'sold-out' } | { is: 'closed' };

/** State of the sale by the clock, even if flash-sale has not published it yet. @param now ms since the epoch */
export function stateAt({ state, opensAt, closesAt }: Sale, now: number): SaleState {
  if (!isStillChanging(state)) return state;
  if (now >= Date.parse(closesAt)) return 'closed';
  return state === 'scheduled' && now >= Date.parse(opensAt) ? 'open' : state;
}

const isStillChanging = (state: SaleState): boolean =>
  state === 'scheduled' || state === 'open' || state === 'sold-out';

/** Stock is not allotted, or not yet: such a sale is shown to no user. */
export const isHidden = ({ state }: Sale): boolean => state === 'preparing' || state === 'refused';

/** Admits claims on a sale that is not cached: flash-sale decides. @param now ms since the epoch */
export function admissionFor(sale: Sale | undefined, now: number): Admission {
  if (!sale) return { is: 'open', round: 1 };
  const state = stateAt(sale, now);
  if (state === 'open') return { is: 'open', round: sale.state === 'open' ? sale.round : sale.round + 1 };
  if (state === 'scheduled' || state === 'preparing') return { is: 'early' };
  return { is: state === 'sold-out' ? 'sold-out' : 'closed' };
}
