import { type Outgoing, SaleChanged, SaleProgress } from '@sluice/contracts';
import { saleView } from './sale.view.js';
import type { Sale } from './tables.js';

/** What a rule has made of a sale, and what else is to be sent. */
export interface SaleChange {
  sale: Sale;
  messages: Outgoing[];
}

/**
 * How often a sale's watchers are told of its counters and its line, at most: to the eye that is at once, and a burst of
 * 20,000 claims is then some dozen messages to every gateway. Milliseconds.
 */
export const REPORT_EVERY_MS = 500;
/** Over a longer time nobody waited, or nobody was there to answer: it does not say how fast claims are answered. Milliseconds. */
const MEASURABLE_MS = 4 * REPORT_EVERY_MS;
/** How long a change of speed takes to show for the most part: places in line should not jump about. Milliseconds. */
const SMOOTHING_MS = 1_000;

/**
 * The next version of a sale, and what its watchers are told: at once when it opens, sells out or closes, and of all else with
 * the next beat. What no message brings up any more is told by the sweep.
 */
export function withProgress(before: Sale, { sale, messages }: SaleChange, now: Date): SaleChange {
  const after = { ...sale, version: before.version + 1 };
  const isDue = isReportDue(before, now);
  if (!isDue && after.state === before.state) return { sale: after, messages };
  const reported = { ...(isDue ? withReport(after, now) : after), toldVersion: after.version };
  return { sale: reported, messages: [...messages, SaleChanged(saleView(reported)), ...progress(before, reported)] };
}

const isReportDue = ({ toldAt }: Sale, now: Date): boolean => now.getTime() - toldAt.getTime() >= REPORT_EVERY_MS;

/** Something has happened of which nobody was told, and the time for it has come. */
export const hasUnreportedProgress = (sale: Sale, now: Date): boolean =>
  isReportDue(sale, now) && (sale.version > sale.toldVersion || sale.drained > sale.toldDrained);

const withReport = (sale: Sale, now: Date): Sale => ({
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
