import type { Sale, SaleState } from '@sluice/contracts';

/** What somebody who wants a piece is told at the door. `round`: the ticket is for this one. */
export type Admission = { is: 'open'; round: number } | { is: 'early' } | { is: 'sold-out' } | { is: 'closed' };

/** The state that the clock has made of it, whether or not its owner has said so yet. @param now ms since the epoch */
export function stateAt({ state, opensAt, closesAt }: Sale, now: number): SaleState {
  if (!isStillChanging(state)) return state;
  if (now >= Date.parse(closesAt)) return 'closed';
  return state === 'scheduled' && now >= Date.parse(opensAt) ? 'open' : state;
}

const isStillChanging = (state: SaleState): boolean =>
  state === 'scheduled' || state === 'open' || state === 'sold-out';

/** Its pieces are not there, or not yet: nobody is shown such a sale. */
export const isHidden = ({ state }: Sale): boolean => state === 'preparing' || state === 'refused';

/** A sale that is unknown here lets everybody in: flash-sale knows. @param now ms since the epoch */
export function admissionFor(sale: Sale | undefined, now: number): Admission {
  if (!sale) return { is: 'open', round: 1 };
  const state = stateAt(sale, now);
  if (state === 'open') return { is: 'open', round: sale.state === 'open' ? sale.round : sale.round + 1 };
  if (state === 'scheduled' || state === 'preparing') return { is: 'early' };
  return { is: state === 'sold-out' ? 'sold-out' : 'closed' };
}
