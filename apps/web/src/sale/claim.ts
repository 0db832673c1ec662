import type { components } from '../generated/api.js';
import type { Sale } from './sales.js';

export type ClaimView = components['schemas']['Claim'];

/** A claim that is in line, or was. */
export interface Claim {
  ticket: string;
  /** Where the API says the claim is: `/flash-sales/<id>/claims/<ticket>?entry=<hint>`. */
  location: string;
  /** The round of the sale it was made in: who lost may claim again in the next. */
  round: number;
  view: ClaimView;
  /** People ahead when it got in line, as far as it was known. */
  first?: number;
}

export const streamOf = (location: string): string => location.replace(/(\?|$)/, '/stream$1');

/** The claim with what the API says of it now. */
export function moved(claim: Claim, view: ClaimView): Claim {
  const first = claim.first ?? view.ahead;
  return { ...claim, view, ...(first !== undefined && { first }) };
}

/** How far it has come, from 0 to 1; undefined while nothing is known of the line. */
export function wayThrough({ view: { ahead }, first }: Pick<Claim, 'view' | 'first'>): number | undefined {
  if (ahead === undefined || first === undefined) return undefined;
  return first === 0 ? 1 : 1 - Math.min(ahead, first) / first;
}

/** @param now by the server's clock, ms since the epoch */
export const isOpen = ({ state, opensAt }: Pick<Sale, 'state' | 'opensAt'>, now: number): boolean =>
  state === 'open' || (state === 'scheduled' && Date.parse(opensAt) <= now);

/** Whether the person may claim once more: not twice in one round, and never after a win, paid or not. */
export const mayClaimAgain = ({ view: { status, reason }, round }: Claim, sale: Pick<Sale, 'round'>): boolean =>
  status === 'lost' && reason !== 'already_won' && round < sale.round;
