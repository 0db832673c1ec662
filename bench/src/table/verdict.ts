import type { Aim, Row } from './row.js';
import { median } from './statistics.js';

export type Verdict = 'met' | 'missed' | 'not compared' | '';

/** Ratio of our median to that of the peer. */
export const ratioAtLeast = (atLeast: number): Aim => ({ of: 'ratio', atLeast });
export const ratioAtMost = (atMost: number): Aim => ({ of: 'ratio', atMost });
export const valueAtLeast = (atLeast: number): Aim => ({ of: 'value', atLeast });
export const valueAtMost = (atMost: number): Aim => ({ of: 'value', atMost });

/** The peer against which a row is judged: the one with the most per second, or with the least cost. */
export function bestPeer({ peers = {}, aim }: Row): { name: string; values: readonly number[] } | undefined {
  const measured = Object.entries(peers).filter(([, values]) => values.length > 0);
  const better = aim?.atMost === undefined ? 1 : -1;
  const [best] = measured.sort(([, one], [, other]) => better * (median(other) - median(one)));
  return best && { name: best[0], values: best[1] };
}

/** Ratio of our median to that of the best peer; undefined without a peer, or when the peer's is 0. */
export function ratioOf(row: Row): number | undefined {
  const peer = bestPeer(row);
  const ratio = peer ? median(row.ours) / median(peer.values) : NaN;
  return Number.isFinite(ratio) ? ratio : undefined;
}

export function verdictOf(row: Row): Verdict {
  const { aim, ours } = row;
  if (!aim) return '';
  const reached = aim.of === 'value' ? median(ours) : ratioOf(row);
  if (reached === undefined || Number.isNaN(reached)) return 'not compared';
  return reached >= (aim.atLeast ?? -Infinity) && reached <= (aim.atMost ?? Infinity) ? 'met' : 'missed';
}
