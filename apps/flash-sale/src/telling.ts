import { type Outgoing, SaleChanged, SaleProgress } from '@sluice/contracts';
import { saleView } from './sale.view.js';
import type { Sale } from './tables.js';

/** What a rule has made of a sale, and what else is to be sent. */
export interface Turn {
  sale: Sale;
  messages: Outgoing[];
}

/**
 * How often a sale's watchers are told of its counters and its line, at most: to the eye that is at once, and a burst of
 * 20,000 claims is then some dozen messages to every gateway. Milliseconds.
 */
export const BEAT_MS = 500;
/** Over a longer time nobody waited, or nobody was there to answer: it does not say how fast claims are answered. Milliseconds. */
const MEASURABLE_MS = 4 * BEAT_MS;
/** How long a change of speed takes to show for the most part: places in line should not jump about. Milliseconds. */
const SMOOTHING_MS = 1_000;

/**
 * The next version of a sale, and what its watchers are told: at once when it opens, sells out or closes, and of all else with
 * the next beat. What no message brings up any more is told by the sweep.
 */
export function told(before: Sale, { sale, messages }: Turn, now: Date): Turn {
  const after = { ...sale, version: before.version + 1 };
  const beats = isBeat(before, now);
  if (!beats && after.state === before.state) return { sale: after, messages };
  const said = { ...(beats ? beaten(after, now) : after), toldVersion: after.version };
  return { sale: said, messages: [...messages, SaleChanged(saleView(said)), ...progress(before, said)] };
}

const isBeat = ({ toldAt }: Sale, now: Date): boolean => now.getTime() - toldAt.getTime() >= BEAT_MS;

/** Something has happened of which nobody was told, and the time for it has come. */
export const isOverdue = (sale: Sale, now: Date): boolean =>
  isBeat(sale, now) && (sale.version > sale.toldVersion || sale.drained > sale.toldDrained);

const beaten = (sale: Sale, now: Date): Sale => ({
  ...sale,
  perSecond: rate(sale, now.getTime() - sale.toldAt.getTime()),
  toldAt: now,
  toldDrained: sale.drained,
});

function rate({ perSecond, drained, toldDrained }: Sale, ms: number): number {
  if (ms > MEASURABLE_MS) return perSecond;
  const latest = ((drained - toldDrained) * 1_000) / ms;
  const weight = perSecond === 0 ? 1 : 1 - Math.exp(-ms / SMOOTHING_MS);
  return Math.round((perSecond + (latest - perSecond) * weight) * 10) / 10;
}

const progress = (before: Sale, { id: saleId, drained, toldDrained, perSecond }: Sale): Outgoing[] =>
  toldDrained > before.toldDrained ? [SaleProgress({ saleId, drained, perSecond })] : [];
