import type { Sale, SaleState } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';

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

/** Created once and not per refusal (thousands in a peak): capturing a stack trace costs more than the response. */
const REFUSALS: Record<Exclude<Admission['is'], 'open'>, ProblemError> = {
  early: ProblemError.of(425, 'Too Early', 'The sale is not open yet.'),
  'sold-out': ProblemError.of(410, 'Gone', 'Sold out. A piece that is not paid for comes back while the sale lasts.'),
  closed: ProblemError.of(410, 'Gone', 'The sale is closed.'),
};

/** @throws ProblemError 425 too early, 410 sold out or closed */
export function requireOpen(admission: Admission): asserts admission is Admission & { is: 'open' } {
  if (admission.is !== 'open') throw REFUSALS[admission.is];
}
